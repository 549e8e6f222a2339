import type { LaneName } from '../../../types/index.js'
import { type Channel, post, receive } from '../../protocol.js'
import { successorMark } from '../../platform/role.js'
import type { Counted } from '../insight/totals.js'
import type { Legacy, ToPredecessor, ToSuccessor } from './messages.js'

/**
 * The primary whose place this process takes. If it dies first, nothing is lost but what it had in its hands:
 * this process has the listening sockets.
 */
export class Predecessor {
  readonly legacy: Legacy
  readonly channel: Channel = process as Channel
  /** Called with its counters, several times. */
  onCounted: (counted: Counted) => void = () => {}
  #tookOver = false

  private constructor (legacy: Legacy) {
    this.legacy = legacy
    receive<ToSuccessor>(this.channel, message => { if (message.type === 'counted') this.onCounted(message.counted) })
  }

  /** Undefined if this process was not started to take another's place. To be called once. */
  static find (): Predecessor | undefined {
    return successorMark === undefined ? undefined : new Predecessor(successorMark as Legacy)
  }

  /** Whether this process has taken its place. */
  get tookOver (): boolean {
    return this.#tookOver
  }

  /** The keys of TLS session tickets. Undefined if it has died. */
  async ticketKeys (): Promise<readonly string[] | undefined> {
    return await this.#ask({ type: 'hello' }, message => message.type === 'keys' ? message.ticketKeys : undefined)
  }

  /** This process accepts connections from now on. Resolves when the predecessor knows, or has died. */
  async takeOver (lane: LaneName): Promise<void> {
    this.#tookOver = true
    await this.#ask({ type: 'took-over', lane }, message => message.type === 'counted' ? true : undefined)
  }

  /** This process cannot take its place, and is about to exit. Resolves when that has been said. */
  async giveUp (reason: string): Promise<void> {
    if (this.#tookOver) return
    await new Promise<void>(resolve => { post<ToPredecessor>(this.channel, { type: 'gave-up', reason }, undefined, () => { resolve() }) })
  }

  /** Sends a message. Resolves with what `read` finds in an answer; undefined if the predecessor has died. */
  async #ask<T> (message: ToPredecessor, read: (message: ToSuccessor) => T | undefined): Promise<T | undefined> {
    return await new Promise(resolve => {
      const done = (answer: T | undefined): void => {
        stop()
        process.off('disconnect', lost)
        resolve(answer)
      }
      const lost = (): void => { done(undefined) }
      const stop = receive<ToSuccessor>(this.channel, message => {
        const answer = read(message)
        if (answer !== undefined) done(answer)
      })
      process.once('disconnect', lost) // this also keeps the process alive
      post<ToPredecessor>(this.channel, message, undefined, err => { if (err !== null) lost() })
    })
  }
}
