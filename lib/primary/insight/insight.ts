import type { Options } from '../../options/options.js'
import type { Clock } from '../../platform/clock.js'
import type { Pulse } from '../../protocol.js'
import type { SafeLog } from '../../fastify/safe-log.js'
import type { WorkerHandle } from '../workers/worker-handle.js'
import { AppMetrics } from './app-metrics.js'
import { Saturation } from './saturation.js'
import { Stalls } from './stalls.js'
import { Totals } from './totals.js'

export interface InsightParts {
  options: Options
  clock: Clock
  log: SafeLog
}

/** Everything that the primary learns from its workers: totals, stalls, saturation, and the metrics of the app. */
export class Insight {
  readonly totals = new Totals()
  readonly appMetrics = new AppMetrics()
  readonly #stalls: Stalls
  readonly #saturation: Saturation

  constructor ({ options, clock, log }: InsightParts) {
    this.#stalls = new Stalls({ clock, log })
    this.#saturation = new Saturation({ limits: options.saturation, log })
  }

  pulse (worker: WorkerHandle, pulse: Pulse): void {
    this.#saturation.pulse(worker)
    if (pulse.stall !== undefined) this.#stalls.add(worker, pulse.stall)
  }

  /** Called when the worker has exited. Its counts are kept. */
  exited (worker: WorkerHandle): void {
    this.totals.add(worker)
    this.appMetrics.forget(worker)
    this.#stalls.forget(worker)
  }
}
