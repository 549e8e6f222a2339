import { PULSE } from '../../platform/timing.js'
import type { OpenFrame, WorkerHandle } from './worker-handle.js'

/** Milliseconds where the workers' silence has no limit: what `livenessTimeout` is by default. */
const DEFAULT_PATIENCE = 30_000

export interface LaneWatchParts {
  /** The milliseconds of `livenessTimeout`; 0: a worker may be silent for as long as it likes. */
  timeout: number
  /** The worker's event loop has turned for so many milliseconds, and it has not acked what it was sent. */
  lost (worker: WorkerHandle, patience: number): void
  /** Calls `run` when what has come by now is read. */
  whenRead (run: () => void): void
}

interface Looked {
  /** What was un-acked. */
  frame: OpenFrame | null
  /** For how many pulses it has been. */
  pulses: number
}

/**
 * Finds workers that are alive and hear nothing: one that has lost the descriptor of its lane, say.
 * A worker whose event loop turns receives a frame, or a probe, within one turn, and acks it in that
 * turn. So a frame that stays un-acked while pulses come is lost. It is pulses that are counted and
 * not time: one that stands still, is stopped, is held by a debugger or is on a machine that is
 * suspended sends none, and that is for {@link Liveness} to judge.
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

  /** Pulses that are read in one go count as one: they lay there while this process did not run, and so may the ack. */
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
