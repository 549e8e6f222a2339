import type { EventEmitter } from 'node:events'
import type { SharedPortEvents, Status } from '../../types/index.js'
import type { Buckets } from '../histogram.js'
import type { MetricsListener } from '../primary/insight/app-metrics.js'
import type { Counts } from '../primary/insight/totals.js'
import type { SafeLog } from '../fastify/safe-log.js'

/** What an operator may see of a primary, and do to it. */
export interface Operable {
  readonly log: SafeLog
  /** What happens to its workers. */
  readonly events: EventEmitter<SharedPortEvents>
  status (): Omit<Status, 'steerable'>
  /** As `fastify.sharedPort.reload()`. */
  reload (): Promise<void>
  /** As `fastify.sharedPort.scale()`. */
  scale (workers: number): Promise<void>
  /** As by SIGINT: finishes what is open, and ends. */
  stop (): void
  /** From now on so much is logged, by all processes. @throws SHARED_PORT_ERR_LOG_LEVEL */
  setLogLevel (level: string): void
  /** What the workers of each slot have done since the start. */
  readonly countsBySlot: Map<number, Counts>
  /** Connections that dead workers had not taken. */
  readonly reclaimed: number
  /** Seconds from the sending of a frame to its ack. */
  readonly ackTimes: Buckets
  /** Asks the workers what their apps measure; resolves when they have answered, with how many have not after so many milliseconds. */
  askForMetrics (patience: number): Promise<number>
  /** `listener` hears the answers, and what workers say at their end. */
  onMetrics (listener: MetricsListener): void
}
