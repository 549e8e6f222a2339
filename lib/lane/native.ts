import net from 'node:net'
import { constants } from 'node:os'
import { endsByException } from '../failure.js'
import { adopter, type RawHandle } from '../platform/node-internals.js'
import { systemError } from '../platform/system-error.js'
import type { Addon, Poller } from './addon.js'
import type { Acceptor, AcceptEvents, Connection, Frame, Lane, Receiver, Wire, WireEvents } from './interface.js'
import { Lingering } from './linger.js'
import { Row } from './row.js'

// The lane of Linux: descriptors, many in one frame, over a pair of sockets for each worker of which
// the primary keeps both ends. The protocol and why it holds: docs/ARCHITECTURE.md.

/** Where a worker finds its end of the pair, and its row. */
const LANE_FD = 4
const ROW_FD = 5

/** Milliseconds before accept is tried again when the primary is out of descriptors or memory. */
const ACCEPT_PAUSE = 100

/** Batches that are accepted when a port closes, at most: a client that never stops does not hold it open. */
const LAST_BATCHES = 64

/** What a take-back answers when the worker has the frame. */
const RECEIVED = -constants.errno.EAGAIN

/** The errors of a send that is worth another try: no room, in the channel or the kernel, or too many descriptors under way. */
const NO_ROOM = ['EAGAIN', 'ENOBUFS', 'ENOMEM', 'ETOOMANYREFS'].map(code => -constants.errno[code as keyof typeof constants.errno])

/** The primary's side. */
export class NativeLane implements Lane {
  readonly name = 'native'
  readonly pauses = true
  readonly takesBack = true
  readonly frameSize: number
  readonly #addon: Addon
  readonly #lingering = new Lingering()

  /** @throws what keeps it from working here, though the addon loads: a system call that is not allowed */
  constructor (addon: Addon) {
    this.#addon = addon
    this.frameSize = addon.FRAME_SIZE
    this.createWire({ onAck () {}, onBroken () {} }).close()
  }

  listen (bound: RawHandle, backlog: number, events: AcceptEvents): Acceptor {
    return new NativeAcceptor(this.#addon, this.#lingering, bound, backlog, events)
  }

  createWire (events: WireEvents): Wire {
    return new NativeWire(this.#addon, events)
  }
}

class NativeAcceptor implements Acceptor {
  readonly #addon: Addon
  readonly #lingering: Lingering
  readonly #bound: RawHandle
  readonly #poller: Poller
  readonly #fds: Int32Array
  readonly #events: AcceptEvents
  #paused = false
  /** While accept fails. What could not be accepted waits in the kernel's backlog. */
  #failing: NodeJS.Timeout | undefined
  #failed = false

  constructor (addon: Addon, lingering: Lingering, bound: RawHandle, backlog: number, events: AcceptEvents) {
    this.#fds = new Int32Array(addon.FRAME_SIZE)
    this.#addon = addon
    this.#lingering = lingering
    this.#bound = bound
    this.#events = events
    try {
      this.#poller = addon.listen(bound.fd, backlog, this.#fds, (count, error) => {
        const connections = this.#accepted(count, error)
        if (connections.length > 0) events.onConnections(connections)
      })
    } catch (err) {
      bound.close()
      throw systemError((err as NodeJS.ErrnoException).errno as number, 'listen')
    }
  }

  pause (): void {
    this.#paused = true
    this.#addon.pause(this.#poller)
  }

  resume (): void {
    this.#paused = false
    this.#poll()
  }

  accept (): readonly Connection[] {
    return this.#failing === undefined ? this.#accept() : []
  }

  async close (): Promise<void> {
    for (let batches = 0, connections; batches < LAST_BATCHES && (connections = this.#accept()).length > 0; batches++) {
      this.#events.onConnections(connections)
    }
    clearTimeout(this.#failing)
    this.#addon.unpoll(this.#poller)
    this.#bound.close()
  }

  #accept (): readonly Connection[] {
    const result = this.#addon.accept(this.#poller)
    const failed = this.#failed && result > 0 // what ended the batch, it does not tell
    const connections = this.#accepted(Math.max(0, result), Math.min(0, result))
    this.#failed ||= failed
    return connections
  }

  #accepted (count: number, error: number): readonly Connection[] {
    const connections: Connection[] = []
    for (let i = 0; i < count; i++) connections.push(new NativeConnection(this.#addon, this.#lingering, this.#fds[i] as number))
    if (error < 0) {
      this.#addon.pause(this.#poller)
      clearTimeout(this.#failing)
      this.#failing = setTimeout(() => {
        this.#failing = undefined
        this.#poll()
      }, ACCEPT_PAUSE)
      if (!this.#failed) this.#events.onError(systemError(error, 'accept'))
    }
    this.#failed = error < 0
    return connections
  }

  #poll (): void {
    if (!this.#paused && this.#failing === undefined) this.#addon.resume(this.#poller)
  }
}

class NativeConnection implements Connection {
  acceptedAt = 0
  readonly #addon: Addon
  readonly #lingering: Lingering
  #fd: number

  constructor (addon: Addon, lingering: Lingering, fd: number) {
    this.#addon = addon
    this.#lingering = lingering
    this.#fd = fd
  }

  get fd (): number {
    return this.#fd
  }

  close (): void {
    scratch[0] = this.#release()
    this.#addon.close(scratch, 1)
  }

  shed (answer: Buffer): void {
    const fd = this.#fd
    try {
      this.#lingering.shed(options => new net.Socket({ fd, ...options }), answer)
      this.#release()
    } catch {
      this.close() // libuv will not have it
    }
  }

  reset (): void {
    this.#addon.reset(this.#release())
  }

  address (): string | undefined {
    return this.#addon.address(this.#fd)
  }

  /** The number, which is another's from here on. */
  #release (): number {
    const fd = this.#fd
    this.#fd = -1
    return fd
  }
}

/** Room for the descriptors of one call. */
const scratch = new Int32Array(64)

class NativeWire implements Wire {
  readonly #addon: Addon
  /** The primary's end and the worker's. While both are held here, what is in between is not lost. */
  readonly #ends: [number, number]
  readonly #row: Row
  readonly #poller: Poller
  readonly #onBroken: WireEvents['onBroken']
  #rowFd: number | undefined
  #broken = false

  constructor (addon: Addon, { onAck, onBroken }: WireEvents) {
    this.#addon = addon
    this.#onBroken = onBroken
    this.#ends = addon.pair()
    try {
      this.#rowFd = addon.createRow()
      this.#row = new Row(addon.mapRow(this.#rowFd))
      this.#poller = addon.acks(this.#ends[0], (number, low, high, leaving, error) => {
        if (error < 0) this.#breaks(error, 'recv')
        else onAck({ number, refused: places(low, high), leaving: leaving !== 0 })
      })
    } catch (err) {
      this.#closeDescriptors()
      throw err
    }
  }

  get inherited (): readonly number[] {
    return [this.#ends[1], this.#rowFd as number]
  }

  start (): void {
    this.#closeRow() // the worker has its own now, and this process the memory
  }

  send ({ number, key, connections }: Frame): boolean {
    for (let i = 0; i < connections.length; i++) scratch[i] = (connections[i] as NativeConnection).fd
    const error = this.#addon.send(this.#ends[0], number, key, scratch, connections.length)
    if (error < 0 && !NO_ROOM.includes(error)) this.#breaks(error, 'sendmsg')
    return error === 0
  }

  takeBack ({ number }: Frame): boolean {
    const result = this.#addon.takeBack(this.#ends[1], number)
    // A worker that has shut its end down receives nothing more, and one that acks what it has not
    // received cannot be believed. Its exit will tell what it has taken.
    if (result !== 1 && result !== RECEIVED) this.#breaks(result === 0 ? -constants.errno.EPIPE : result, 'recvmsg')
    return result === 1
  }

  open (): number {
    return this.#row.open
  }

  untaken ({ number, connections }: Frame): readonly Connection[] {
    if (!this.#row.reached(number)) return connections
    return connections.filter((_, place) => !this.#row.took(place))
  }

  close (): void {
    this.#addon.unpoll(this.#poller)
    // What the worker had not received lies in its end, and a process that it started may hold that
    // open: the descriptors in it would keep their clients from seeing the end.
    this.#addon.discard(this.#ends[1])
    this.#closeDescriptors()
  }

  #breaks (errno: number, syscall: string): void {
    if (this.#broken) return
    this.#broken = true
    this.#onBroken(systemError(errno, syscall))
  }

  #closeDescriptors (): void {
    scratch.set(this.#ends)
    this.#addon.close(scratch, 2)
    this.#closeRow()
  }

  #closeRow (): void {
    if (this.#rowFd === undefined) return
    scratch[0] = this.#rowFd
    this.#addon.close(scratch, 1)
    this.#rowFd = undefined
  }
}

/** The bits that are set, as places. */
function places (low: number, high: number): readonly number[] {
  if (low === 0 && high === 0) return NONE
  const found = []
  for (let place = 0; place < 64; place++) {
    if (((place < 32 ? low : high) >>> (place % 32) & 1) === 1) found.push(place)
  }
  return found
}

const NONE: readonly number[] = []

/** The worker's side: takes or refuses each connection of each frame that comes. Returns what shows the primary how many are open. */
export function receiveNative (addon: Addon, receiver: Receiver): (open: number) => void {
  const fds = new Int32Array(addon.FRAME_SIZE)
  const row = addon.mapRow(ROW_FD)
  const written = new Row(row)
  const adopt = adopter()
  scratch[0] = ROW_FD
  addon.close(scratch, 1)
  const poller = addon.receive(LANE_FD, row, fds, (number, key, count, arrived, isPipe) => {
    const refused = new Refusals()
    let place = 0
    try {
      for (; place < arrived; place++) if (!take(fds[place] as number, key, isPipe, place)) refused.add(place)
    } catch (err) {
      // What is thrown here, a listener of the app's threw at the connection: no other goes with it.
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
      // The primary waits for this ack: it is better off with another worker. Unless it is gone itself.
      if (error < 0 && error !== -constants.errno.EPIPE && error !== -constants.errno.ECONNRESET) throw systemError(error, 'send')
    }
  })

  return open => { written.open = open }

  function take (fd: number, key: string, isPipe: boolean, place: number): boolean {
    const admission = receiver.admit(key)
    const client = admission === null ? null : adopt(fd, isPipe)
    if (admission === null || client === null) {
      admission?.cancel()
      refuse(fd)
      return false
    }
    addon.take(poller, place)
    admission.inject(client)
    return true
  }

  function refuse (fd: number): void {
    scratch[0] = fd
    addon.close(scratch, 1)
  }
}

/** A bit for each refused place, in two halves. */
class Refusals {
  low = 0
  high = 0

  add (place: number): void {
    if (place < 32) this.low = (this.low | 1 << place) >>> 0
    else this.high = (this.high | 1 << (place - 32)) >>> 0
  }
}
