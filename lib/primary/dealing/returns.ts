import type { Returned, ReturnReason } from '../../lane.js'
import type { ToWorker } from '../../protocol.js'
import type { WorkerHandle } from '../workers/worker-handle.js'
import type { Held } from './held.js'

export interface ReturnsParts {
  /** The held connections of a port that the worker serves. */
  heldOf (worker: WorkerHandle, key: string): Held | undefined
  /** The number of held connections, for all ports. */
  held (): number
  /** The most connections to hold: each takes a descriptor of this process. */
  most: number
  /** Tells every worker. */
  tell (message: ToWorker): void
  /** Called for a worker that has returned something that it cannot have. */
  broken (worker: WorkerHandle, err: Error): void
}

/**
 * Takes the connections that workers return. While too many are held, the workers are told to keep theirs;
 * those that are on their way are held all the same.
 */
export class Returns {
  readonly #parts: ReturnsParts
  #allowed = true
  #ended = false

  constructor (parts: ReturnsParts) {
    this.#parts = parts
  }

  take (worker: WorkerHandle, key: string, reason: ReturnReason, returned: readonly Returned[]): void {
    const held = this.#parts.heldOf(worker, key)
    if (held === undefined || !worker.returns(reason, returned.length)) {
      for (const { connection } of returned) connection.close()
      return this.#parts.broken(worker, new Error(held === undefined ? `it returned a connection of ${key}, which it does not serve` : 'it returned more connections than it was sent'))
    }
    for (const each of returned) {
      if (reason === 'rescue') held.rescued(each.connection, worker)
      else held.add(each)
    }
    this.check()
  }

  /** To be called when fewer connections may be held than before. */
  check (): void {
    const { held, most } = this.#parts
    const now = held()
    if (this.#allowed ? now >= most : now <= most / 2) this.#allow(!this.#allowed)
  }

  /** Tells a worker that has just started. */
  joined (worker: WorkerHandle): void {
    if (!this.#allowed) worker.tell({ type: 'returns', allowed: false })
  }

  /** Takes no more: everything stops. */
  end (): void {
    this.#ended = true
    this.#allow(false)
  }

  #allow (allowed: boolean): void {
    if (allowed && this.#ended) return
    this.#allowed = allowed
    this.#parts.tell({ type: 'returns', allowed })
  }
}
