import { constants } from 'node:os'
import { endsByException } from '../../failure.js'
import { adopter } from '../../platform/node-internals.js'
import { systemError } from '../../platform/system-error.js'
import type { Addon } from '../addon.js'
import type { Receiver, WorkerLane } from '../interface.js'
import { REASONS } from '../../protocol.js'
import { packReturns, unpackNotes } from '../notes.js'
import { Row } from '../row.js'

/** The descriptors that a worker inherits: its ends of the lane and of the return lane, and its row. */
const LANE_FD = 4
const ROW_FD = 5
const RETURN_FD = 6

/** The worker's side: takes or refuses each connection of each frame that arrives, and returns connections. */
export function receiveNative (addon: Addon, receiver: Receiver): WorkerLane {
  const fds = new Int32Array(addon.FRAME_SIZE)
  const row = addon.mapRow(ROW_FD)
  const written = new Row(row)
  const adopt = adopter()
  addon.close(ROW_FD)
  for (const fd of [LANE_FD, RETURN_FD]) addon.closeOnExec(fd)
  const poller = addon.receive(LANE_FD, row, fds, (number, key, notes, count, arrived, pipesLow, pipesHigh) => {
    const refused = new Places()
    const pipes = new Places(pipesLow, pipesHigh)
    const noteOf = unpackNotes(notes)
    let place = 0
    try {
      for (; place < arrived; place++) if (!take(fds[place] as number, key, pipes.has(place), place, noteOf(place))) refused.add(place)
    } catch (err) {
      // The exception comes from a listener of the app, for this connection. No other connection must be lost with it.
      if (endsByException()) { // before it has read a byte of the frame's connections
        addon.takeOnly(poller, place)
        throw err
      }
      for (place++; place < arrived; place++) {
        refuse(fds[place] as number)
        refused.add(place)
      }
      answer()
      throw err
    }
    answer()

    function answer (): void {
      for (let missing = arrived; missing < count; missing++) refused.add(missing)
      const error = addon.ack(LANE_FD, number, refused.low, refused.high, receiver.leaving)
      // The primary waits for this ack, so if it cannot be sent, another worker is better. Unless the primary
      // itself is gone.
      if (error < 0 && error !== -constants.errno.EPIPE && error !== -constants.errno.ECONNRESET) throw systemError(error, 'send')
    }
  })

  const given = new Int32Array(addon.FRAME_SIZE)
  return {
    showOpen: open => { written.open = open },
    mostReturns: addon.FRAME_SIZE,
    lost () {},
    openLot: (patience, { onReadable, onMoved }) => {
      const places = new Int32Array(addon.FRAME_SIZE)
      const first = (count: number): number[] => Array.from(places.subarray(0, count))
      addon.openLot(RETURN_FD, patience, places, count => { onReadable(first(count)) }, count => { onMoved(first(count)) })
      return {
        size: addon.LOT_SIZE,
        park: (place, key, connection) => addon.park(place, connection.handle.fd, key, packReturns([connection])) === 0,
        unpark: place => addon.unpark(place)
      }
    },
    giveBack: (key, reason, connections, done) => {
      connections.forEach(({ handle }, place) => { given[place] = handle.fd })
      const sent = addon.send(RETURN_FD, REASONS.indexOf(reason), key, packReturns(connections), given, connections.length) === 0
      connections.forEach((_, place) => { done(place, sent) })
    }
  }

  function take (fd: number, key: string, isPipe: boolean, place: number, note: string): boolean {
    const admission = receiver.admit(key)
    const client = admission === null ? null : adopt(fd, isPipe)
    if (admission === null || client === null) {
      admission?.cancel()
      refuse(fd)
      return false
    }
    addon.take(poller, place)
    admission.inject(client, note)
    return true
  }

  function refuse (fd: number): void {
    addon.close(fd)
  }
}

/** Places in a frame: a bit for each, in two halves. */
class Places {
  constructor (public low = 0, public high = 0) {}

  has (place: number): boolean {
    return ((place < 32 ? this.low >>> place : this.high >>> (place - 32)) & 1) === 1
  }

  add (place: number): void {
    if (place < 32) this.low = (this.low | 1 << place) >>> 0
    else this.high = (this.high | 1 << (place - 32)) >>> 0
  }
}
