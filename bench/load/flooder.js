// One process of a flood: opens connections at times drawn in advance, whatever happens to those before, and counts how each ends.
import { readFileSync } from 'node:fs'
import net from 'node:net'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { now, statusOf } from '../client.js'
import { poisson, randomFrom } from '../statistics.js'

/** Milliseconds after which a client that cannot connect gives up. Its SYN has been repeated by then. */
const CONNECT_PATIENCE = 3000

/** Milliseconds that a connected client waits for its answer: longer than a connection may be pending by default. */
const ANSWER_PATIENCE = 15_000

/** How many connections are open at a time, if the limit of descriptors allows it. */
const MOST = 12_000

/** Descriptors that the process itself needs, generously. */
const OWN = 100

/** Milliseconds between two readings of the kernel's table of connections. */
const LOOK_EVERY = 1000

/** How many connections are opened in one iteration of the event loop when it is late. */
const BURST = 32

/** Errors of connect(2) that are this process's fault, not the server's. */
const OWN_ERRORS = ['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS', 'ENOMEM']

/** @type {{ port: number, path: string, from: string, startAt: number, seconds: number, perSecond: number, seed: number }} */
const { port, path, from, startAt, seconds, perSecond, seed } = JSON.parse(process.argv[2])

const request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`
const most = Math.min(MOST, openFilesLimit() - OWN)
const result = { ms: [], shed: 0, cut: 0, unconnected: 0, unanswered: 0, withheld: 0 }
/** How to count each socket that this process gives up. */
const givenUp = new Map()
const connecting = new Set()
const open = new Set()
/** The clients (address and port) whose request was not acknowledged at once. */
const unacknowledged = new Set()

const looking = setInterval(look, LOOK_EVERY)
await flood()
for (const socket of connecting) giveUp(socket, 'unconnected')
while (open.size > 0) await sleep(10)
clearInterval(looking)
process.stdout.write(JSON.stringify(result))

async function flood () {
  const arrivals = poisson({ perSecond, seconds, random: randomFrom(seed) })
  for (let i = 0; i < arrivals.length; i++) {
    const wait = startAt + arrivals[i] - now()
    if (wait > 0.5) await sleep(wait)
    else if (i % BURST === 0) await turn()
    if (open.size < most && now() < startAt + seconds * 1000) connect()
    else result.withheld++
  }
}

function connect () {
  let text = ''
  const sentAt = now()
  let last = sentAt
  let error
  let name
  const socket = net.connect({ port, host: '127.0.0.1', localAddress: from })
  let timer = setTimeout(giveUp, CONNECT_PATIENCE, socket, 'unconnected')
  open.add(socket)
  connecting.add(socket)
  socket.setEncoding('latin1')
  socket.on('connect', () => {
    name = `${from}:${socket.localPort}`
    connecting.delete(socket)
    clearTimeout(timer)
    timer = setTimeout(giveUp, ANSWER_PATIENCE, socket, 'unanswered')
  })
  socket.on('data', chunk => {
    last = now()
    text += chunk
  })
  socket.on('error', ({ code }) => { error = code }) // 'close' follows
  socket.on('close', () => {
    clearTimeout(timer)
    open.delete(socket)
    connecting.delete(socket)
    const outcome = givenUp.get(socket) ?? outcomeOf(statusOf(text), error)
    const letIn = !unacknowledged.delete(name)
    givenUp.delete(socket)
    if (outcome === 'answered') result.ms.push(Math.round((last - sentAt) * 10) / 10)
    else if (letIn || outcome === 'shed') result[outcome]++
    else result.unconnected++
  })
  socket.write(request)
}

function outcomeOf (status, error) {
  if (status === 200) return 'answered'
  if (status === 503) return 'shed'
  return OWN_ERRORS.includes(error) ? 'withheld' : 'cut'
}

/** With a reset, because a port in TIME_WAIT would be missing later. */
function giveUp (socket, outcome) {
  givenUp.set(socket, outcome)
  if (socket.connecting) socket.destroy()
  else socket.resetAndDestroy()
}

/**
 * If a port's backlog fills up between a SYN and the ACK that ends the handshake, the client is connected,
 * but the server's kernel is not. Data that the client sends is not acknowledged until it is repeated when
 * there is room (for the seventh time after 13 s), or reset. https://docs.kernel.org/networking/proc_net_tcp.html
 */
function look () {
  const hex = number => number.toString(16).toUpperCase().padStart(4, '0')
  const toServer = new RegExp(`^ *\\d+: (\\w{8}):(\\w{4}) \\w{8}:${hex(port)} 01 (?!00000000)`, 'gm')
  for (const [, address, local] of readFileSync('/proc/net/tcp', 'latin1').matchAll(toServer)) {
    const bytes = new Uint8Array(Uint32Array.of(parseInt(address, 16)).buffer) // in memory order
    unacknowledged.add(`${bytes.join('.')}:${parseInt(local, 16)}`)
  }
}

/** The hard limit: Node raises the soft one to it. */
function openFilesLimit () {
  const [, hard] = /^Max open files +\S+ +(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))
  return hard === 'unlimited' ? Infinity : Number(hard)
}
