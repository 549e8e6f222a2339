// A process with descriptors that it returns, for kept-addon.test.ts.
//
//   kept-worker.mjs lot <patience>   parks what it gets over the lane. Inherits: 3 its end of the lane, 4 of the
//                                    return lane. A frame without connections has an order as its key.
//   kept-worker.mjs no-room          returns two connections to itself while it has no room for descriptors
//   kept-worker.mjs spawns <fd>      starts a process that stays, and exits
//
// It reports on stdout, in lines of JSON.
import { spawn } from 'node:child_process'
import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import net from 'node:net'
import { constants } from 'node:os'
import { loadAddon } from '../../dist/lane/addon.js'
import { bindTcp } from '../../dist/platform/node-internals.js'

const LANE = 3
const RETURN_LANE = 4

const addon = loadAddon()
const [what, argument] = process.argv.slice(2)
const room = () => new Int32Array(addon.FRAME_SIZE)
const report = value => { writeSync(1, `${JSON.stringify(value)}\n`) }
const alive = setInterval(() => {}, 1_000) // no poller keeps the process alive

if (what === 'lot') lot(Number(argument))
else if (what === 'no-room') await noRoom()
else spawns(Number(argument))

function lot (patience) {
  const parked = []
  const fds = room()
  const places = room()
  const list = count => [...places.subarray(0, count)]
  addon.openLot(RETURN_LANE, patience, places, count => { report({ readable: list(count) }) }, count => {
    const moved = list(count)
    for (const place of moved) closeSync(parked[place])
    report({ moved })
  })
  const block = () => {
    report({ blocks: true })
    readSync(0, Buffer.alloc(1))
  }
  const unpark = () => { report({ unparked: parked.map((_, place) => addon.unpark(place)) }) }
  const orders = {
    block,
    unpark,
    'block, then unpark': () => {
      block()
      unpark()
    },
    exit: () => { process.exit() }
  }
  addon.receive(LANE, new ArrayBuffer(4096), fds, (number, key, notes, count) => {
    addon.ack(LANE, number, 0, 0, false)
    if (count === 0) return orders[key]()
    for (const fd of fds.subarray(0, count)) {
      const place = parked.push(fd) - 1
      if (addon.park(place, fd, key, `note ${place}`) !== 0) throw new Error('not parked')
    }
    report({ parked: parked.length })
  })
}

async function noRoom () {
  const [ours, theirs] = addon.pair()
  const bound = bindTcp('127.0.0.1', 0)
  const name = {}
  bound.getsockname(name)
  const given = room()
  const clients = []
  let count = 0
  await new Promise(resolve => {
    const accepted = room()
    addon.listen(bound.fd, 511, accepted, found => {
      for (const fd of accepted.subarray(0, found)) given[count++] = fd
      if (count === 2) resolve()
    })
    for (let i = 0; i < 2; i++) clients.push(net.connect(name.port, '127.0.0.1'))
  })
  addon.send(theirs, 1, 'key', 'notes', given, 2)
  for (const fd of given.subarray(0, 2)) closeSync(fd)
  const fds = room()
  const errors = []
  let filled = fill()
  closeSync(filled.pop()) // room for one of the two
  const poller = addon.returns(ours, fds, (reason, key, notes, count, error) => {
    errors.push(error)
    for (const fd of filled) closeSync(fd)
    filled = []
    if (error === -constants.errno.EMFILE) return addon.resume(poller)
    report({ reason, key, notes, count, errors, states: [...fds.subarray(0, count)].map(fd => addon.readable(fd)) })
    process.exit()
  })
}

function spawns (fd) {
  addon.closeOnExec(fd)
  const { pid } = spawn('sleep', ['1000'], { stdio: 'ignore', detached: true })
  report({ pid })
  clearInterval(alive)
  process.exit()
}

function fill () {
  const filled = []
  try {
    for (;;) filled.push(openSync('/dev/null'))
  } catch (err) {
    if (err.code !== 'EMFILE') throw err
    return filled
  }
}
