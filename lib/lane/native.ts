import { adopt, type RawHandle } from '../internals.js'
import { systemError } from '../system-error.js'
import type { Addon, Poller } from './addon.js'
import type { Ack, Acceptor, AcceptEvents, Connection, Frame, Lane, Receiver, Wire } from './interface.js'
import { Row } from './row.js'

// The lane of Linux: descriptors, many in one frame, over a pair of sockets for each worker of which
// the primary keeps both ends. The protocol and why it holds: docs/ARCHITECTURE.md.

/** Where a worker finds its end of the pair, and its row. */
const LANE_FD = 4
const ROW_FD = 5

/** Milliseconds before accept is tried again when the primary is out of descriptors or memory. */
const ACCEPT_PAUSE = 100

/** The primary's side. */
export class NativeLane implements Lane {
  readonly name = 'native'
  readonly takesBack = true
  readonly frameSize: number
  readonly #addon: Addon

  constructor (addon: Addon) {
    this.#addon = addon
    this.frameSize = addon.FRAME_SIZE
  }

  listen (bound: RawHandle, backlog: number, events: AcceptEvents): Acceptor {
    return new NativeAcceptor(this.#addon, bound, backlog, events)
  }

  createWire (onAck: (ack: Ack) => void): Wire {
    return new NativeWire(this.#addon, onAck)
  }
}

class NativeAcceptor implements Acceptor {
  readonly #addon: Addon
  readonly #bound: RawHandle
  readonly #poller: Poller
  #pause: NodeJS.Timeout | undefined

  constructor (addon: Addon, bound: RawHandle, backlog: number, { onConnections, onError }: AcceptEvents) {
    const fds = new Int32Array(addon.FRAME_SIZE)
    this.#addon = addon
    this.#bound = bound
    try {
      this.#poller = addon.listen(bound.fd, backlog, fds, (count, error) => {
        const connections: Connection[] = []
        for (let i = 0; i < count; i++) connections.push(new NativeConnection(addon, fds[i] as number))
        if (count > 0) onConnections(connections)
        if (error < 0) {
          // What could not be accepted waits in the kernel's backlog.
          this.#pause = setTimeout(() => { addon.resume(this.#poller) }, ACCEPT_PAUSE)
          onError(systemError(error, 'accept'))
        }
      })
    } catch (err) {
      bound.close()
      throw systemError((err as NodeJS.ErrnoException).errno as number, 'listen')
    }
  }

  async close (): Promise<void> {
    clearTimeout(this.#pause)
    this.#addon.acceptAll(this.#poller)
    this.#addon.unpoll(this.#poller)
    this.#bound.close()
  }
}

class NativeConnection implements Connection {
  readonly fd: number
  readonly #addon: Addon

  constructor (addon: Addon, fd: number) {
    this.#addon = addon
    this.fd = fd
  }

  close (): void {
    scratch[0] = this.fd
    this.#addon.close(scratch, 1)
  }

  address (): string | undefined {
    return this.#addon.address(this.fd)
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
  #rowFd: number | undefined

  constructor (addon: Addon, onAck: (ack: Ack) => void) {
    this.#addon = addon
    this.#ends = addon.pair()
    try {
      this.#rowFd = addon.createRow()
      this.#row = new Row(addon.mapRow(this.#rowFd))
      this.#poller = addon.acks(this.#ends[0], (number, low, high, leaving) => {
        onAck({ number, refused: places(low, high), leaving: leaving !== 0 })
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
    return this.#addon.send(this.#ends[0], number, key, scratch, connections.length) === 0
  }

  takeBack (): boolean {
    return this.#addon.takeBack(this.#ends[1])
  }

  untaken ({ number, connections }: Frame): readonly Connection[] {
    if (!this.#row.reached(number)) return connections
    return connections.filter((_, place) => !this.#row.took(place))
  }

  close (): void {
    this.#addon.unpoll(this.#poller)
    this.#closeDescriptors()
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

/** The worker's side: takes or refuses each connection of each frame that comes. */
export function receiveNative (addon: Addon, receiver: Receiver): void {
  const fds = new Int32Array(addon.FRAME_SIZE)
  const row = addon.mapRow(ROW_FD)
  scratch[0] = ROW_FD
  addon.close(scratch, 1)
  const poller = addon.receive(LANE_FD, row, fds, (number, key, count, arrived, isPipe) => {
    const refused = new Refusals()
    let next = 0
    try {
      while (next < arrived) {
        const place = next++
        if (!take(fds[place] as number, key, isPipe, place)) refused.add(place)
      }
    } finally {
      // What did not arrive, and what an exception of the app's kept from its turn: it may live on.
      for (; next < count; next++) {
        if (next < arrived) refuse(fds[next] as number)
        refused.add(next)
      }
      addon.ack(LANE_FD, number, refused.low, refused.high, receiver.leaving)
    }
  })

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
