import type { FastifyInstance } from 'fastify'
import type { HandshakeStats } from '../../types/index.js'
import type { SafeLog } from '../fastify/safe-log.js'
import { Histogram, REQUEST_BOUNDS } from '../histogram.js'
import { type Channel, post, type ToPrimary } from '../protocol.js'
import { packAppMetrics } from './app-metrics.js'
import type { Connections } from './connections.js'
import type { LastSecond } from './event-loop.js'

/** Milliseconds for which changes of the number of open connections are collected before they are reported. */
const REPORT_DELAY = 250

export interface ReportsParts {
  channel: Channel
  connections (): Iterable<Connections>
  /** How many connections this worker has taken. */
  taken (): number
  /** `maxConnectionsPerWorker`. */
  mostConnections (): number
  /** Shows the number of open connections to the primary, if the lane has a place for it. */
  showOpen (open: number): void
  debugged (): boolean
  log: SafeLog
}

/** What a worker reports to its primary: open connections, a pulse every second, and the metrics of its app. */
export class Reports {
  /** Whether the primary has asked for the app's own metrics. */
  measured = false
  readonly #parts: ReportsParts
  /** The durations of requests in seconds. Undefined without an admin server. */
  #durations: Histogram | undefined
  #delayed: NodeJS.Timeout | undefined
  /** The last report. The primary adds the connections that it has sent since. */
  #reported = { count: 0, taken: 0 }

  constructor (parts: ReportsParts) {
    this.#parts = parts
  }

  /** Measures the durations of this app's requests from now on. */
  measure (fastify: FastifyInstance): void {
    const durations = this.#durations ??= new Histogram(REQUEST_BOUNDS)
    fastify.addHook('onResponse', (_request, { elapsedTime }, done) => {
      durations.add(elapsedTime / 1_000)
      done()
    })
  }

  pulse (eventLoop: LastSecond): void {
    this.#tell({ type: 'pulse', requests: this.#sum(({ requests }) => requests), rss: process.memoryUsage.rss(), debugged: this.#parts.debugged(), handshakes: this.#handshakes(), ...(this.#durations !== undefined && { durations: this.#durations.buckets }), ...eventLoop })
  }

  /** To be called when the number of open connections has changed. */
  opened (): void {
    const count = this.#sum(({ count }) => count)
    this.#parts.showOpen(count)
    const believed = this.#reported.count + this.#parts.taken() - this.#reported.taken
    // The primary sends nothing to a worker that it believes to be full.
    if (believed >= this.#parts.mostConnections() && count < believed) this.#tellOpen()
    else this.#delayed ??= setTimeout(() => { this.#tellOpen() }, REPORT_DELAY).unref()
  }

  /** @param id the id of the primary's request; without one, these are the worker's last metrics */
  async metrics (id?: number): Promise<void> {
    this.measured = true
    const metrics = await packAppMetrics(err => { this.#parts.log.warn({ event: 'metrics-error', err }, 'cannot read the metrics of the app') })
    await new Promise<void>(resolve => {
      post(this.#parts.channel, { type: 'metrics', ...(id !== undefined && { id }), ...(metrics !== undefined && { metrics }) }, undefined, () => { resolve() })
    })
  }

  #tellOpen (): void {
    clearTimeout(this.#delayed)
    this.#delayed = undefined
    this.#reported = { count: this.#sum(({ count }) => count), taken: this.#parts.taken() }
    this.#tell({ type: 'open', ...this.#reported })
  }

  #handshakes (): HandshakeStats {
    return { full: this.#sum(({ handshakes }) => handshakes.full), resumed: this.#sum(({ handshakes }) => handshakes.resumed) }
  }

  #sum (count: (connections: Connections) => number): number {
    let sum = 0
    for (const connections of this.#parts.connections()) sum += count(connections)
    return sum
  }

  #tell (message: ToPrimary): void {
    post(this.#parts.channel, message)
  }
}
