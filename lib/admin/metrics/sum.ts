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

/** Bytes of what one worker's app measures: beyond this it is no metrics any more. */
const LARGEST = 64 * 1024 * 1024

/** What JSON has no number for comes as a text: see packAppMetrics(). */
const NO_NUMBERS = new Set<unknown>(['NaN', 'Infinity', '-Infinity'])

/** How workers' values become one: those that prom-client has a function for (lib/metricAggregators.js). */
const AGGREGATORS = new Set(['sum', 'first', 'omit', 'average', 'min', 'max'])

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

  /** The worker is gone, and will say nothing more. */
  async bury (id: number): Promise<void> {
    const last = this.#known.get(id)
    if (last === undefined) return
    this.#known.delete(id)
    this.#gone = await aggregate([this.#gone, last.filter(({ type }) => GROWING.has(type))]).getMetricsAsJSON() as unknown as Metric[]
  }

  /**
   * With our own metrics, in Prometheus' text format: https://prometheus.io/docs/instrumenting/exposition_formats/
   */
  async text (own: Metric[]): Promise<string> {
    const names = new Set(own.map(({ name }) => name))
    const theirs = [this.#gone, ...this.#known.values()].map(metrics => metrics.filter(({ name }) => !names.has(name)))
    return await aggregate([own, ...theirs]).metrics()
  }
}

function aggregate (metrics: Metric[][]): prometheus.Registry {
  return prometheus.AggregatorRegistry.aggregate(metrics as unknown as object[])
}

function unpack (metrics: string): Metric[] {
  const unpacked: unknown = JSON.parse(gunzipSync(Buffer.from(metrics, 'base64'), { maxOutputLength: LARGEST }).toString())
  if (!Array.isArray(unpacked)) throw new TypeError('these are no metrics')
  const wrong = unpacked.findIndex(metric => !isMetric(metric))
  if (wrong !== -1) throw new TypeError(explain((unpacked[wrong] ?? {}) as Partial<Metric>))
  for (const { values } of unpacked as Metric[]) for (const value of values) value.value = Number(value.value)
  return unpacked as Metric[]
}

function explain ({ name, help, aggregator }: Partial<Metric>): string {
  const why = typeof help !== 'string' ? 'no help' : AGGREGATORS.has(aggregator as string) ? 'values that are no numbers' : `the aggregator ${String(aggregator)}`
  return `the metric ${String(name)} cannot be added to that of other workers: it has ${why}`
}

function isMetric (value: unknown): value is Metric {
  const { name, help, type, aggregator, values } = (value ?? {}) as Partial<Metric>
  return typeof name === 'string' && typeof help === 'string' && typeof type === 'string' && AGGREGATORS.has(aggregator as string) && Array.isArray(values) && values.every(isValue)
}

function isValue (value: unknown): boolean {
  const { value: number, labels } = (value ?? {}) as Partial<Metric['values'][number]>
  return (typeof number === 'number' || NO_NUMBERS.has(number)) && typeof labels === 'object' && labels !== null
}
