import type { Connection } from '../lane.js'
import type { Clock } from './clock.js'
import type { OpenFrame, WorkerHandle } from './worker-handle.js'

export interface TakeBackParts {
  /** Milliseconds that a frame may be un-acked before the first try. */
  patience: number
  workers (): Iterable<WorkerHandle>
  /** Whether anybody else would take this worker's frame now. */
  wanted (worker: WorkerHandle, frame: OpenFrame): boolean
  /** The connections are the primary's again. */
  returned (worker: WorkerHandle, frame: OpenFrame): void
  clock: Clock
}

/**
 * Takes connections back from workers whose event loop is too busy to receive them, when another
 * one has time. Each move doubles the patience for those that moved: where all are slow, each of
 * them comes to stay somewhere.
 */
export class TakeBack {
  readonly #parts: TakeBackParts
  readonly #moves = new WeakMap<Connection, number>()
  #cancel: (() => void) | undefined

  constructor (parts: TakeBackParts) {
    this.#parts = parts
  }

  /** To be called whenever a frame has been sent. One timer serves them all. */
  watch (): void {
    this.#cancel ??= this.#parts.clock.after(this.#parts.patience, () => { this.#look() })
  }

  stop (): void {
    this.#cancel?.()
  }

  #look (): void {
    const { workers, wanted, returned, clock } = this.#parts
    const now = clock.now()
    let open = false
    for (const worker of workers()) {
      const { frame } = worker
      if (frame === null || frame.received || frame.connections.length === 0) continue
      if (now - frame.sentAt >= this.#patienceFor(frame) && wanted(worker, frame) && worker.takeBack() !== undefined) {
        for (const connection of frame.connections) this.#moves.set(connection, (this.#moves.get(connection) ?? 0) + 1)
        returned(worker, frame)
      }
      open ||= worker.frame?.received === false
    }
    this.#cancel = undefined
    if (open) this.watch()
  }

  #patienceFor ({ connections }: OpenFrame): number {
    const most = connections.reduce((most, connection) => Math.max(most, this.#moves.get(connection) ?? 0), 0)
    return this.#parts.patience * 2 ** most
  }
}
