import type { Connection } from '../../lane.js'
import type { Clock } from '../../platform/clock.js'
import type { OpenFrame, WorkerHandle } from '../workers/worker-handle.js'

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

  /** To be called whenever a frame has been sent. One timer serves them all: it is set for the first that may be due. */
  watch (): void {
    this.#cancel ??= this.#lookIn(this.#parts.patience)
  }

  stop (): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #lookIn (delay: number): () => void {
    return this.#parts.clock.after(Math.ceil(delay), () => { this.#look() })
  }

  #look (): void {
    const { patience, clock } = this.#parts
    const now = clock.now()
    this.#cancel = undefined
    for (const [worker, frame] of this.#open()) if (this.#due(frame) <= now) this.#try(worker, frame)
    // What came back has been sent to others by now. Who still has what nobody else would take is asked
    // again later; and what is sent from now on may be due before what has moved often.
    const delays = this.#open().map(([, frame]) => this.#due(frame) - now).map(left => left > 0 ? Math.min(left, patience) : patience)
    this.stop()
    if (delays.length > 0) this.#cancel = this.#lookIn(Math.min(...delays))
  }

  /** The frames that may be taken back. */
  #open (): Array<[WorkerHandle, OpenFrame]> {
    return [...this.#parts.workers()].flatMap(worker => {
      const { frame } = worker
      return frame === null || frame.received || frame.connections.length === 0 ? [] : [[worker, frame]]
    })
  }

  #due (frame: OpenFrame): number {
    return frame.sentAt + this.#patienceFor(frame)
  }

  #try (worker: WorkerHandle, frame: OpenFrame): void {
    const { wanted, returned } = this.#parts
    if (!wanted(worker, frame) || worker.takeBack() === undefined) return
    for (const connection of frame.connections) this.#moves.set(connection, (this.#moves.get(connection) ?? 0) + 1)
    returned(worker, frame)
  }

  #patienceFor ({ connections }: OpenFrame): number {
    const most = connections.reduce((most, connection) => Math.max(most, this.#moves.get(connection) ?? 0), 0)
    return this.#parts.patience * 2 ** most
  }
}
