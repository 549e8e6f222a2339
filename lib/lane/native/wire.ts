import { constants } from 'node:os'
import { systemError } from '../../platform/system-error.js'
import type { Addon, Poller } from '../addon.js'
import type { Connection, Frame, Wire, WireEvents } from '../interface.js'
import type { Lingering } from '../linger.js'
import { packNotes } from '../notes.js'
import { REASONS, type ReturnReason } from '../../protocol.js'
import { Row } from '../row.js'
import { NativeConnection } from './connection.js'
import { ReturnLane } from './return-lane.js'

/** The result of a take-back when the worker has received the frame. */
const RECEIVED = -constants.errno.EAGAIN

/**
 * The errors after which a send is retried: no room in the channel or in the kernel, or too many descriptors
 * in flight.
 */
export const NO_ROOM = ['EAGAIN', 'ENOBUFS', 'ENOMEM', 'ETOOMANYREFS'].map(code => -constants.errno[code as keyof typeof constants.errno])

/**
 * The primary's side of one worker's lane: sends frames, reads acks, and takes back frames that the worker
 * has not received.
 */
export class NativeWire implements Wire {
  readonly #addon: Addon
  /** The primary's end and the worker's end. While this process holds both, messages between them are not lost. */
  readonly #ends: [number, number]
  readonly #row: Row
  /** The descriptors of the frame that is being sent. */
  readonly #fds: Int32Array
  readonly #poller: Poller
  readonly #returns: ReturnLane<ReturnReason>
  readonly #onBroken: WireEvents['onBroken']
  #rowFd: number | undefined
  #broken = false

  constructor (addon: Addon, lingering: Lingering, { onAck, onBroken, onReturned, onWant }: WireEvents) {
    this.#addon = addon
    this.#onBroken = onBroken
    this.#fds = new Int32Array(addon.FRAME_SIZE)
    this.#ends = addon.pair()
    let returns: ReturnLane<ReturnReason> | undefined
    try {
      this.#returns = returns = new ReturnLane(addon, {
        reasons: REASONS,
        adopt: fd => new NativeConnection(addon, lingering, fd),
        onReturned,
        onWant,
        onBroken: error => { this.#breaks(error, 'recvmsg') }
      })
      this.#rowFd = addon.createRow()
      this.#row = new Row(addon.mapRow(this.#rowFd))
      this.#poller = addon.acks(this.#ends[0], (number, low, high, leaving, error) => {
        if (error < 0) this.#breaks(error, 'recv')
        else onAck({ number, refused: places(low, high), leaving: leaving !== 0 })
      })
    } catch (err) {
      returns?.close()
      this.#closeDescriptors()
      throw err
    }
  }

  get inherited (): readonly number[] {
    return [this.#ends[1], this.#rowFd as number, this.#returns.workersEnd]
  }

  start (): void {
    this.#closeRow() // the worker has its own descriptor now, and this process has the memory mapped
    this.#returns.started()
  }

  send ({ number, key, connections }: Frame): boolean {
    for (let i = 0; i < connections.length; i++) this.#fds[i] = (connections[i] as NativeConnection).fd
    const error = this.#addon.send(this.#ends[0], number, key, packNotes(connections), this.#fds, connections.length)
    if (error < 0 && !NO_ROOM.includes(error)) this.#breaks(error, 'sendmsg')
    return error === 0
  }

  takeBack ({ number }: Frame): boolean {
    const result = this.#addon.takeBack(this.#ends[1], number)
    // A worker that has shut its end down receives nothing more, and a worker that acks frames that it has
    // not received cannot be trusted. Its exit will show what it has taken.
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

  readReturns (): void {
    this.#returns.readAll()
  }

  invite (count: number): void {
    this.#returns.invite(count)
  }

  close (): void {
    this.#returns.end()
    this.#addon.unpoll(this.#poller)
    // Frames that the worker has not received are still in its end, which a child process may hold open. The
    // descriptors in them would keep their connections from ending.
    this.#addon.discard(this.#ends[1])
    this.#closeDescriptors()
  }

  #breaks (errno: number, syscall: string): void {
    if (this.#broken) return
    this.#broken = true
    this.#onBroken(systemError(errno, syscall))
  }

  #closeDescriptors (): void {
    for (const end of this.#ends) this.#addon.close(end)
    this.#closeRow()
  }

  #closeRow (): void {
    if (this.#rowFd === undefined) return
    this.#addon.close(this.#rowFd)
    this.#rowFd = undefined
  }
}

/** The places of the bits that are set. */
function places (low: number, high: number): readonly number[] {
  if (low === 0 && high === 0) return NONE
  const found = []
  for (let place = 0; place < 64; place++) {
    if (((place < 32 ? low : high) >>> (place % 32) & 1) === 1) found.push(place)
  }
  return found
}

const NONE: readonly number[] = []
