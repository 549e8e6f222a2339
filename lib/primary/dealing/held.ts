import type { Connection, Hold, Returned } from '../../lane.js'
import type { Clock } from '../../platform/clock.js'
import type { WorkerHandle } from '../workers/worker-handle.js'

/** Milliseconds between two checks for held connections whose time is over. They may end late by that. */
const CHECK = 1_000

export interface HeldParts {
  hold: Hold
  /**
   * Deals a connection on which a request has begun to arrive, like one that was just accepted.
   * @param busy a worker that cannot take it now
   */
  deal (connection: Connection, busy?: WorkerHandle): void
  clock: Clock
}

/**
 * The connections of one key that workers have returned, and on which nothing has arrived since. Nobody
 * reads from them. Each leaves when a request begins to arrive, when its client closes it, or when it has
 * been idle for as long as its worker would have kept it.
 */
export class Held {
  readonly #parts: HeldParts
  /** When each one has to end, by the clock. */
  readonly #deadlines = new Map<Connection, number>()
  #handOver: ((connections: readonly Returned[]) => void) | undefined
  #cancelCheck: (() => void) | undefined
  #ended = false

  constructor (parts: HeldParts) {
    this.#parts = parts
  }

  get size (): number {
    return this.#deadlines.size
  }

  add (returned: Returned): void {
    if (this.#handOver !== undefined) return this.#handOver([returned])
    const { connection, left } = returned
    const { hold, deal, clock } = this.#parts
    // It was on its way when the port closed: a worker that drains looks itself whether anything arrives.
    if (this.#ended) return deal(connection)
    const watched = hold.add(connection, gone => {
      this.#deadlines.delete(connection)
      if (gone) connection.close()
      else deal(connection)
    })
    if (!watched) return this.#close(connection)
    this.#deadlines.set(connection, clock.now() + left)
    this.#cancelCheck ??= this.#check()
  }

  /** A request waits on it, for which its worker has no time. */
  rescued (connection: Connection, worker: WorkerHandle): void {
    this.#parts.deal(connection, worker)
  }

  /** Passes on everything that is held, and that comes in from now on. */
  handOver (to: (connections: readonly Returned[]) => void): void {
    this.#handOver = to
    this.#cancelCheck?.()
    const now = this.#parts.clock.now()
    const all = [...this.#deadlines].map(([connection, deadline]): Returned => ({ connection, left: Math.max(0, deadline - now) }))
    this.#deadlines.clear()
    // What has arrived on one of them by now, it brings along.
    for (const { connection } of all) this.#parts.hold.release(connection)
    if (all.length > 0) to(all)
  }

  /**
   * Holds nothing any more. Waits another `delay` milliseconds for requests that are on their way, then
   * closes what is still held.
   */
  async end (delay: number): Promise<void> {
    this.#ended = true
    if (this.size > 0 && delay > 0) await new Promise<void>(resolve => { this.#parts.clock.after(delay, resolve) })
    this.#cancelCheck?.()
    for (const connection of [...this.#deadlines.keys()]) this.#close(connection)
  }

  #check (): () => void {
    return this.#parts.clock.after(CHECK, () => {
      const now = this.#parts.clock.now()
      for (const [connection, deadline] of this.#deadlines) if (deadline <= now) this.#close(connection)
      this.#cancelCheck = this.size > 0 ? this.#check() : undefined
    })
  }

  /** Closes an idle connection, unless a request has arrived in this moment. */
  #close (connection: Connection): void {
    this.#deadlines.delete(connection)
    if (this.#parts.hold.release(connection)) this.#parts.deal(connection)
    else connection.end()
  }
}
