import type { LaneName } from '../../../types/index.js'
import { type Channel, post, receive } from '../../protocol.js'
import { successorMark } from '../../platform/role.js'
import type { Counted } from '../insight/totals.js'
import type { Legacy, ToPredecessor, ToSuccessor } from './messages.js'

// Module state, because its descriptors are taken over once.
let found = false

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

  /** Undefined if this process was not started to take another's place, or has been asked already. */
  static find (): Predecessor | undefined {
    if (successorMark === undefined || found) return undefined
    found = true
    return new Predecessor(successorMark as Legacy)
  }

  /** Whether it still has connections to finish. */
  get lives (): boolean {
    return process.connected
  }

  /** Whether this process has taken its place. */
  get tookOver (): boolean {
    return this.#tookOver
  }

  /** The keys of TLS session tickets. Undefined if it has died. */
  async ticketKeys (): Promise<readonly string[] | undefined> {
    return await this.#ask({ type: 'hello' }, message => message.type === 'keys' ? message.ticketKeys : undefined)
  }

  /**
   * All workers are ready. Resolves when this process is the server: the predecessor says so, and kills it no
   * more; or has died.
   */
  async takeOver (lane: LaneName): Promise<void> {
    await this.#ask({ type: 'ready', lane }, message => message.type === 'go' ? true : undefined)
    this.#tookOver = true
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
