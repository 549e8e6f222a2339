import type { Connection } from '../../lane.js'
import { Queue } from '../../queue.js'
import type { WorkerHandle } from '../workers/worker-handle.js'

/**
 * Who has refused which connection, and the connections that nobody is left to ask for: those wait
 * here, so that dealing the others does not go over them each time.
 */
export class Refusals {
  readonly #refusers = new Map<Connection, Set<WorkerHandle>>()
  readonly #waiting = new Queue<Connection>()
  /** Those that have waited, and that everybody may be asked for again. */
  readonly #again = new Set<Connection>()
  /** The members that could not be asked, for one of those that wait at least. */
  readonly #unasked = new Set<WorkerHandle>()

  /** How many connections wait. */
  get waiting (): number {
    return this.#waiting.size
  }

  /** True: it had waited, and everybody was to be asked for it again. */
  add (connection: Connection, worker: WorkerHandle): boolean {
    const refusers = this.#refusers.get(connection)
    if (refusers === undefined) this.#refusers.set(connection, new Set([worker]))
    else refusers.add(worker)
    return this.#again.delete(connection)
  }

  /** Those who have refused the connection; undefined where nobody has. */
  of (connection: Connection): ReadonlySet<WorkerHandle> | undefined {
    return this.#refusers.get(connection)
  }

  /** The connection has a worker, or has ended. True as from {@link add}. */
  forget (connection: Connection): boolean {
    this.#refusers.delete(connection)
    return this.#again.delete(connection)
  }

  /** All `members` have refused the connection, or cannot be asked now. */
  wait (connection: Connection, members: readonly WorkerHandle[]): void {
    this.#waiting.push(connection)
    const refusers = this.#refusers.get(connection)
    for (const member of members) if (refusers?.has(member) !== true) this.#unasked.add(member)
  }

  /** What there is to ask this worker for, which can be asked now: nothing, or all that waits. */
  askable (worker: WorkerHandle): readonly Connection[] {
    return this.#unasked.delete(worker) ? this.all() : NONE
  }

  /** All that waits. */
  all (): readonly Connection[] {
    this.#unasked.clear()
    return this.#waiting.size === 0 ? NONE : this.#waiting.drain()
  }

  /** The first one that waits: from here on everybody may be asked for it again. */
  first (): Connection | undefined {
    const connection = this.#waiting.shift()
    if (connection === undefined) return undefined
    this.#refusers.delete(connection)
    this.#again.add(connection)
    return connection
  }

  /** Takes those out that wait and for which this holds. */
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
