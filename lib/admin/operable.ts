import type { EventEmitter } from 'node:events'
import type { SharedPortEvents, Status } from '../../types/index.js'
import type { Buckets } from '../histogram.js'
import type { MetricsListener } from '../primary/insight/app-metrics.js'
import type { Counts } from '../primary/insight/totals.js'
import type { SafeLog } from '../fastify/safe-log.js'

/** The operations on a primary that operators can use. */
export interface Operable {
  readonly log: SafeLog
  /** The events of its workers. */
  readonly events: EventEmitter<SharedPortEvents>
  status (): Omit<Status, 'steerable'>
  /** Same as `fastify.sharedPort.reload()`. */
  reload (): Promise<void>
  /** Same as `fastify.sharedPort.upgrade()`. */
  upgrade (): Promise<number>
  /** The process id of the primary that takes the place of this one, once it has been started. */
  successorPid (): number | undefined
  /** Same as `fastify.sharedPort.scale()`. */
  scale (workers: number): Promise<void>
  /** Same as `fastify.sharedPort.restart()`. */
  restartSlot (slot: number): Promise<void>
  /** Same as SIGINT: finishes open requests, then exits. */
  stop (): void
  /** Sets the log level of all processes. @throws SHARED_PORT_ERR_LOG_LEVEL */
  setLogLevel (level: string): void
  /** The counts of each slot's workers since the start. */
  readonly countsBySlot: Map<number, Counts>
  /** The number of connections that workers had not taken when they died. */
  readonly reclaimed: number
  /** Histogram of the seconds between sending a frame and its ack. */
  readonly ackTimes: Buckets
  /**
   * Asks the workers for their apps' metrics. Resolves when all have answered or `patience` milliseconds
   * have passed, with the number of workers that have not answered.
   */
  askForMetrics (patience: number): Promise<number>
  /** Registers a listener for the answers, and for the exits of workers. */
  onMetrics (listener: MetricsListener): void
}
