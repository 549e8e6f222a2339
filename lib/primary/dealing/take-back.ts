import type { Connection } from '../../lane.js'
import type { Clock } from '../../platform/clock.js'
import type { OpenFrame, WorkerHandle } from '../workers/worker-handle.js'

export interface TakeBackParts {
  /** Milliseconds that a frame must be un-acked before the first attempt. */
  patience: number
  workers (): Iterable<WorkerHandle>
  /** Whether another worker could take the connections of this worker's frame now. */
  wanted (worker: WorkerHandle, frame: OpenFrame): boolean
  /** Called when the connections belong to the primary again. */
  returned (worker: WorkerHandle, frame: OpenFrame): void
  clock: Clock
}

/**
 * Takes connections back from workers whose event loops are too busy to receive them, when another worker
 * can take them. Each move of a connection doubles the time before the next one: if all workers are slow,
 * every connection stays with one of them eventually.
 */
export class TakeBack {
  readonly #parts: TakeBackParts
  readonly #moves = new WeakMap<Connection, number>()
  #cancel: (() => void) | undefined

  constructor (parts: TakeBackParts) {
    this.#parts = parts
  }

  /**
   * To be called whenever a frame has been sent. One timer serves all frames: it is set for the one that is
   * due first.
   */
  watch (): void {
    this.#cancel ??= this.#checkIn(this.#parts.patience)
  }

  stop (): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #checkIn (delay: number): () => void {
    return this.#parts.clock.after(Math.ceil(delay), () => { this.#check() })
  }

  #check (): void {
    const { patience, clock } = this.#parts
    const now = clock.now()
    this.#cancel = undefined
    for (const [worker, frame] of this.#open()) if (this.#due(frame) <= now) this.#try(worker, frame)
    // Connections that came back have been sent to other workers by now. A frame that no other worker would
    // take is tried again later. And a frame that is sent from now on may be due before one whose connections
    // have moved often.
    const delays = this.#open().map(([, frame]) => this.#due(frame) - now).map(left => left > 0 ? Math.min(left, patience) : patience)
    this.stop()
    if (delays.length > 0) this.#cancel = this.#checkIn(Math.min(...delays))
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
