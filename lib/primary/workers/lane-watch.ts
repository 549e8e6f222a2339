import { PULSE } from '../../platform/timing.js'
import type { OpenFrame, WorkerHandle } from './worker-handle.js'

/** The limit in milliseconds if `livenessTimeout` is 0: the default of that option. */
const DEFAULT_PATIENCE = 30_000

export interface LaneWatchParts {
  /** `livenessTimeout` in milliseconds; 0 if a worker may be silent for any time. */
  timeout: number
  /** Called for a worker whose event loop has run for `patience` milliseconds without acking what it was sent. */
  lost (worker: WorkerHandle, patience: number): void
  /** Calls `run` when everything that has arrived by now is read. */
  whenRead (run: () => void): void
}

interface Looked {
  /** The frame that was un-acked. */
  frame: OpenFrame | null
  /** The number of pulses for which it has been un-acked. */
  pulses: number
}

/**
 * Finds workers that are alive but receive nothing, for example because they have lost the descriptor of
 * their lane. A worker whose event loop runs receives a frame, or a probe, and acks it within one iteration.
 * So a frame that stays un-acked while pulses arrive is lost. Pulses are counted rather than time, because a
 * worker that is blocked, stopped, held by a debugger, or on a suspended machine sends none. {@link
 * Liveness} handles those.
 */
export class LaneWatch {
  readonly #parts: LaneWatchParts
  readonly #patience: number
  readonly #looked = new WeakMap<WorkerHandle, Looked>()
  readonly #waiting = new Set<WorkerHandle>()

  constructor (parts: LaneWatchParts) {
    this.#parts = parts
    this.#patience = parts.timeout > 0 ? parts.timeout : DEFAULT_PATIENCE
  }

  /** Counts pulses that are read together as one: they arrived while this process did not run, and so may the ack. */
  pulse (worker: WorkerHandle): void {
    if (this.#waiting.has(worker)) return
    this.#waiting.add(worker)
    this.#parts.whenRead(() => {
      this.#waiting.delete(worker)
      this.#look(worker)
    })
  }

  #look (worker: WorkerHandle): void {
    const { frame } = worker
    const looked = this.#looked.get(worker)
    if (frame === null || looked?.frame !== frame) {
      this.#looked.set(worker, { frame, pulses: 0 })
      return
    }
    if (++looked.pulses * PULSE >= this.#patience) this.#parts.lost(worker, this.#patience)
  }
}
