import prometheus from 'prom-client'
import { gunzipSync } from 'node:zlib'

/** One metric as prom-client's `getMetricsAsJSON()` gives it. */
export interface Metric {
  name: string
  help: string
  type: string
  aggregator: string
  values: Array<{ value: number, labels: Record<string, string | number>, metricName?: string }>
}

/** What is to be put together: see {@link Sum.text}. */
export interface Scrape {
  /** The primary's own. */
  own: Metric[]
  /** All workers that there are, whether they answered or not. */
  living: number[]
}

/** Bytes of what one worker's app measures: beyond this it is no metrics any more. */
const LARGEST = 64 * 1024 * 1024

/** Numbers that only grow: those of a dead worker still count. */
const GROWING = new Set(['counter', 'histogram'])

/**
 * What the apps of all workers measure, put together. A worker that does not answer counts with what
 * it said last, and the counters and histograms of one that is gone go on counting: otherwise each
 * reload would look like a restart of the counters, and Prometheus would count twice what is left.
 */
export class Sum {
  readonly #known = new Map<number, Metric[]>()
  /** Of the workers that are gone. */
  #gone: Metric[] = []

  /** What a worker has measured by now. @throws where that cannot be read: a worker may send anything */
  update (id: number, metrics: string | undefined): void {
    if (metrics !== undefined) this.#known.set(id, unpack(metrics))
  }

  /** In Prometheus' text format: https://prometheus.io/docs/instrumenting/exposition_formats/ */
  async text ({ own, living }: Scrape): Promise<string> {
    for (const id of this.#known.keys()) if (!living.includes(id)) await this.#bury(id)
    const names = new Set(own.map(({ name }) => name))
    const theirs = [this.#gone, ...this.#known.values()].map(metrics => metrics.filter(({ name }) => !names.has(name)))
    return await aggregate([own, ...theirs]).metrics()
  }

  async #bury (id: number): Promise<void> {
    const last = (this.#known.get(id) as Metric[]).filter(({ type }) => GROWING.has(type))
    this.#gone = await aggregate([this.#gone, last]).getMetricsAsJSON() as unknown as Metric[]
    this.#known.delete(id)
  }
}

function aggregate (metrics: Metric[][]): prometheus.Registry {
  return prometheus.AggregatorRegistry.aggregate(metrics as unknown as object[])
}

function unpack (metrics: string): Metric[] {
  const unpacked: unknown = JSON.parse(gunzipSync(Buffer.from(metrics, 'base64'), { maxOutputLength: LARGEST }).toString())
  if (!Array.isArray(unpacked) || !unpacked.every(isMetric)) throw new TypeError('these are no metrics')
  return unpacked
}

function isMetric (value: unknown): value is Metric {
  const { name, type, values } = (value ?? {}) as Partial<Metric>
  return typeof name === 'string' && typeof type === 'string' && Array.isArray(values)
}
