import type { Connection } from '../../lane.js'
import { Queue } from '../../queue.js'
import type { WorkerHandle } from '../workers/worker-handle.js'

/**
 * Records which workers have refused which connections, and keeps the connections that no worker is left
 * for, so that they are not examined each time others are dealt.
 */
export class Refusals {
  readonly #refusers = new Map<Connection, Set<WorkerHandle>>()
  readonly #waiting = new Queue<Connection>()
  /** Connections that have waited, and may be offered to all workers again. */
  readonly #again = new Set<Connection>()
  /** Workers that could not be asked about at least one of the waiting connections. */
  readonly #unasked = new Set<WorkerHandle>()

  /** The number of waiting connections. */
  get waiting (): number {
    return this.#waiting.size
  }

  /**
   * Records a refusal. Returns true if the connection had waited before, and was being offered to all
   * workers again.
   */
  add (connection: Connection, worker: WorkerHandle): boolean {
    const refusers = this.#refusers.get(connection)
    if (refusers === undefined) this.#refusers.set(connection, new Set([worker]))
    else refusers.add(worker)
    return this.#again.delete(connection)
  }

  /** The workers that have refused the connection. Undefined if there are none. */
  of (connection: Connection): ReadonlySet<WorkerHandle> | undefined {
    return this.#refusers.get(connection)
  }

  /** Forgets a connection that a worker has taken, or that has ended. Returns true as {@link add} does. */
  forget (connection: Connection): boolean {
    this.#refusers.delete(connection)
    return this.#again.delete(connection)
  }

  /** Keeps a connection that all `members` have refused, or cannot be asked about now. */
  wait (connection: Connection, members: readonly WorkerHandle[]): void {
    this.#waiting.push(connection)
    const refusers = this.#refusers.get(connection)
    for (const member of members) if (refusers?.has(member) !== true) this.#unasked.add(member)
  }

  /** The connections to ask this worker about, now that it can be asked: none, or all that wait. */
  askable (worker: WorkerHandle): readonly Connection[] {
    return this.#unasked.delete(worker) ? this.all() : NONE
  }

  /** All waiting connections. */
  all (): readonly Connection[] {
    this.#unasked.clear()
    return this.#waiting.size === 0 ? NONE : this.#waiting.drain()
  }

  /** The first waiting connection. It may be offered to all workers again. */
  first (): Connection | undefined {
    const connection = this.#waiting.shift()
    if (connection === undefined) return undefined
    this.#refusers.delete(connection)
    this.#again.add(connection)
    return connection
  }

  /** Removes and returns the matching ones among the waiting connections. */
  drop (matches: (connection: Connection) => boolean): Connection[] {
    return this.#waiting.drop(matches)
  }

  clear (): void {
    this.#refusers.clear()
    this.#again.clear()
    this.#unasked.clear()
  }
}

const NONE: readonly Connection[] = []
