import { constants } from 'node:os'
import type { Addon, Poller } from '../addon.js'
import type { Connection, Returned } from '../interface.js'
import { unpackReturns } from '../notes.js'

/** Milliseconds before the lane is read again when the primary has no room for the descriptors in it. */
const NO_ROOM_PAUSE = 100

const { EMFILE, EPIPE, EPROTO } = constants.errno

export interface ReturnLaneParts<Reason extends string> {
  /** By the numbers that frames have. The next number is that of "requests wait here", which has no connections (native/lot.h). */
  reasons: readonly Reason[]
  /** Makes a connection of the descriptor, which belongs to it from then on. */
  adopt (fd: number): Connection
  onReturned (key: string, reason: Reason, returned: readonly Returned[]): void
  onWant (): void
  /** The other process has sent something that is not a connection. @param error a libuv error */
  onBroken (error: number): void
}

/**
 * The primary's side of the pair over which one worker returns connections, or a predecessor hands them
 * over. The other process closes its copy as soon as it has sent it. So what is in the lane is not lost: not
 * if the primary has no descriptor left, and not if the other process dies.
 */
export class ReturnLane<Reason extends string> {
  readonly #addon: Addon
  readonly #parts: ReturnLaneParts<Reason>
  #end: number
  readonly #fds: Int32Array
  readonly #poller: Poller
  #workersEnd: number | undefined
  #pause: NodeJS.Timeout | undefined
  #ended = false

  /** @param ends this process's end of the pair, and the other's until it is inherited */
  constructor (addon: Addon, parts: ReturnLaneParts<Reason>, ends: [number] | [number, number] = addon.pair()) {
    this.#addon = addon
    this.#parts = parts
    this.#fds = new Int32Array(addon.FRAME_SIZE)
    const [end, othersEnd] = ends
    this.#end = end
    this.#workersEnd = othersEnd
    const want = parts.reasons.length
    try {
      this.#poller = addon.returns(end, this.#fds, (reason, key, notes, count, error) => {
        if (error === 0 && reason === want && count === 0) this.#wanted()
        else if (error === 0) this.#returned(reason, key, notes, count)
        else if (error === -EMFILE) this.#noRoom()
        else if (error !== -EPIPE) parts.onBroken(error)
      })
    } catch (err) {
      this.#closeEnds()
      throw err
    }
  }

  get workersEnd (): number {
    return this.#workersEnd as number
  }

  /** The worker has its own descriptor now. */
  started (): void {
    if (this.#workersEnd !== undefined) this.#addon.close(this.#workersEnd)
    this.#workersEnd = undefined
  }

  /** Answers a blocked worker. Its thread gives up soon, and asks again, so that a lost answer does no harm. */
  invite (count: number): void {
    this.#addon.send(this.#end, count, '', '', this.#fds, 0)
  }

  /** Passes on what the worker has sent by now. */
  readAll (): void {
    this.#addon.readReturns(this.#poller)
  }

  /** Passes on what a dead worker has sent, and closes. While there is no room for it, it waits in the lane. */
  end (): void {
    this.#ended = true
    this.started()
    this.readAll()
    if (this.#pause === undefined) this.close()
  }

  close (): void {
    clearTimeout(this.#pause)
    this.#addon.unpoll(this.#poller)
    this.#closeEnds()
  }

  #wanted (): void {
    if (!this.#ended) this.#parts.onWant()
  }

  #noRoom (): void {
    clearTimeout(this.#pause)
    this.#pause = setTimeout(() => {
      this.#pause = undefined
      if (this.#ended) return this.end()
      this.#addon.resume(this.#poller)
    }, NO_ROOM_PAUSE).unref()
  }

  #returned (number: number, key: string, text: string, count: number): void {
    const connections = Array.from(this.#fds.subarray(0, count), fd => fd === -1 ? undefined : this.#parts.adopt(fd))
    const reason = this.#parts.reasons[number]
    const notes = unpackReturns(text, count)
    if (reason === undefined || notes === undefined) {
      for (const connection of connections) connection?.close()
      return this.#parts.onBroken(-EPROTO)
    }
    const returned: Returned[] = []
    connections.forEach((connection, place) => {
      if (connection === undefined) return
      const { left, note } = notes[place] as { left: number, note: string }
      connection.note = note
      returned.push({ connection, left })
    })
    if (returned.length > 0) this.#parts.onReturned(key, reason, returned)
  }

  #closeEnds (): void {
    this.started()
    this.#addon.close(this.#end)
    this.#end = -1 // the number may be used again, and an invitation may come late
  }
}
