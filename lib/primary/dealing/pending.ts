import type { Connection } from '../../lane.js'
import { Queue } from '../../queue.js'
import type { WorkerHandle } from '../workers/worker-handle.js'
import type { May, Policy } from './policy.js'
import type { Refusals } from './refusals.js'

/**
 * The connections of one key that have no worker yet. Each is in one of three places: in the queue; with the
 * policy, which keeps those that wait for a particular worker; or with the refusals, if every worker has
 * refused it.
 */
export class Pending {
  readonly #queue = new Queue<Connection>()
  readonly #policy: Policy
  readonly #refusals: Refusals
  /** The number of connections refused by every worker that may be offered again now. */
  #again = 0
  /** When the newest connection was accepted. */
  #newest = 0

  constructor (policy: Policy, refusals: Refusals) {
    this.#policy = policy
    this.#refusals = refusals
  }

  get size (): number {
    return this.unrefused + this.#refusals.waiting
  }

  /** The number of connections that not every worker has refused. */
  get unrefused (): number {
    return this.#queue.size + this.#policy.waiting
  }

  /** The number of connections that can be dealt now. */
  get dealable (): number {
    return this.unrefused + Math.min(this.#again, this.#refusals.waiting)
  }

  /** Adds new connections to the tail. */
  add (connections: readonly Connection[], now: number): void {
    this.#newest = now
    for (const connection of connections) {
      connection.acceptedAt = now
      this.#queue.push(connection)
    }
  }

  /** Returns connections that were sent to a worker, or waited for one, to the head. */
  putBack (connections: readonly Connection[]): void {
    this.#queue.unshift(connections)
  }

  next (may: May): Connection | undefined {
    if (this.#again > 0) {
      const refused = this.#refusals.first()
      this.#again = refused === undefined ? 0 : this.#again - 1
      if (refused !== undefined) return refused
    }
    return this.#policy.take(may) ?? this.#queue.shift()
  }

  /** Allows this many connections that every worker has refused to be offered again. */
  offerAgain (count: number): void {
    this.#again = count
  }

  refused (connection: Connection, worker: WorkerHandle): void {
    if (this.#refusals.add(connection, worker)) this.#again = 0
  }

  /**
   * Called when a worker has taken a connection. If that one had been refused by every worker, there is room
   * again, and more of them are offered, for as long as that lasts.
   */
  taken (connection: Connection): void {
    if (this.#refusals.forget(connection)) this.#again += 2
  }

  /** Removes and returns the matching connections. */
  drop (matches: (connection: Connection) => boolean): Connection[] {
    const dropped = [...this.#refusals.drop(matches), ...this.#policy.drop(matches), ...this.#queue.drop(matches)]
    for (const connection of dropped) this.#refusals.forget(connection)
    return dropped
  }

  /**
   * Removes and returns this many connections: the newest first, wherever they wait, then from the tail of
   * the queue.
   */
  dropNewest (count: number): Connection[] {
    const dropped: Connection[] = []
    const isNewest = ({ acceptedAt }: Connection): boolean => acceptedAt === this.#newest
    for (let last; dropped.length < count && (last = this.#queue.last()) !== undefined && isNewest(last);) dropped.push(this.#queue.pop() as Connection)
    let left = count - dropped.length
    const mayGo = (connection: Connection): boolean => left > 0 && isNewest(connection) && left-- > 0
    if (left > 0) dropped.push(...this.#policy.drop(mayGo), ...this.#refusals.drop(mayGo))
    for (let last; dropped.length < count && (last = this.#queue.pop()) !== undefined;) dropped.push(last)
    for (const connection of dropped) this.#refusals.forget(connection)
    return dropped
  }
}
