import type { Connection } from '../../lane.js'
import { Queue } from '../../queue.js'
import type { WorkerHandle } from '../workers/worker-handle.js'
import type { May, Policy } from './policy.js'
import type { Refusals } from './refusals.js'

/**
 * The connections of one key that have no worker yet, each in one of three places: in the queue; with the
 * policy, which keeps those that wait for one certain worker; or with the refusals, once every worker has
 * refused it.
 */
export class Pending {
  readonly #queue = new Queue<Connection>()
  readonly #policy: Policy
  readonly #refusals: Refusals
  /** How many of those that every worker has refused may be offered again now. */
  #again = 0
  /** When the newest one was accepted. */
  #newest = 0

  constructor (policy: Policy, refusals: Refusals) {
    this.#policy = policy
    this.#refusals = refusals
  }

  get size (): number {
    return this.unrefused + this.#refusals.waiting
  }

  /** How many of them some worker has not refused. */
  get unrefused (): number {
    return this.#queue.size + this.#policy.waiting
  }

  /** How many of them can be dealt now. */
  get dealable (): number {
    return this.unrefused + Math.min(this.#again, this.#refusals.waiting)
  }

  /** New connections, to the tail. */
  add (connections: readonly Connection[], now: number): void {
    this.#newest = now
    for (const connection of connections) {
      connection.acceptedAt = now
      this.#queue.push(connection)
    }
  }

  /** Connections that were sent to a worker, or waited for one, to the head. */
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

  /** So many connections that every worker has refused may be offered again now. */
  offerAgain (count: number): void {
    this.#again = count
  }

  refused (connection: Connection, worker: WorkerHandle): void {
    if (this.#refusals.add(connection, worker)) this.#again = 0
  }

  /** A worker has room again: as long as that lasts, more and more of the refused connections are offered. */
  taken (connection: Connection): void {
    if (this.#refusals.forget(connection)) this.#again += 2
  }

  /** Removes those for which this holds, and returns them. */
  drop (matches: (connection: Connection) => boolean): Connection[] {
    const dropped = [...this.#refusals.drop(matches), ...this.#policy.drop(matches), ...this.#queue.drop(matches)]
    for (const connection of dropped) this.#refusals.forget(connection)
    return dropped
  }

  /** Removes so many, and returns them: the newest ones first, wherever they wait, then from the tail of the queue. */
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
