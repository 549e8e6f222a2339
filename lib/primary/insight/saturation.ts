import type { SaturationOptions } from '../../../types/index.js'
import type { SafeLog } from '../../fastify/safe-log.js'
import type { WorkerHandle } from '../workers/worker-handle.js'

/**
 * A worker stops being saturated below this share of a limit. With the limit itself, noise would change its
 * state every second.
 */
const RELIEF = 0.9

const KINDS = ['utilization', 'delay'] as const

export interface SaturationParts {
  limits: SaturationOptions
  log: SafeLog
}

/** Determines which workers are over a limit, by their last second. */
export class Saturation {
  readonly #parts: SaturationParts

  constructor (parts: SaturationParts) {
    this.#parts = parts
  }

  /** To be called when the worker has reported. */
  pulse (worker: WorkerHandle): void {
    if (worker.saturated) {
      if (this.#excess(worker, RELIEF) === undefined) this.#change(worker, 'saturation-end', 'worker %d is no longer saturated')
      return
    }
    const reason = this.#excess(worker, 1)
    if (reason !== undefined) this.#change(worker, 'saturated', 'worker %d is saturated: its %s is over the limit', reason)
  }

  #excess (worker: WorkerHandle, share: number): typeof KINDS[number] | undefined {
    const { limits } = this.#parts
    return KINDS.find(kind => worker[kind] >= (limits[kind] ?? Infinity) * share)
  }

  // At debug level, because in a busy server it may change every second. stats() shows the state; these lines
  // show the reason.
  #change (worker: WorkerHandle, event: string, message: string, reason?: string): void {
    const { log } = this.#parts
    const { id, pid, utilization, delay } = worker
    worker.saturated = !worker.saturated
    log.debug({ event, workerId: id, workerPid: pid, utilization, delay, reason }, message, id, reason)
  }
}
