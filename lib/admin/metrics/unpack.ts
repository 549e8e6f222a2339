import { inspect } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { isAggregator, isType, type Metric, sampleNames, seriesOf } from './metric.js'

/** The most bytes of one worker's metrics, unpacked. */
export const LARGEST = 16 * 1024 * 1024

/** The most samples of one worker. Each is kept in memory and added to those of the others. */
export const MOST_SAMPLES = 50_000

/** The prefix of our own metrics. Apps may not use it. */
const OURS = 'shared_fastify_'

// https://prometheus.io/docs/concepts/data_model/#metric-names-and-labels
const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const LABEL = /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/ // names that begin with __ are reserved by Prometheus

/** The most characters of a name in a log line. */
const LONGEST_NAME = 100

/** Numbers that JSON lacks. They are sent as strings (see packAppMetrics()). */
const NO_NUMBERS = new Set<unknown>(['NaN', 'Infinity', '-Infinity'])

export interface Unpacked {
  metrics: Metric[]
  /** The parts that were dropped, with the reasons, a sentence each. */
  problems: string[]
}

/**
 * Reads the output of prom-client's `getMetricsAsJSON()` in a worker. A worker may send anything. A metric
 * that Prometheus could not parse is dropped, because a single one makes Prometheus reject the whole scrape.
 * @throws if nothing can be read
 */
export function unpack (packed: string): Unpacked {
  const given: unknown = JSON.parse(gunzipSync(Buffer.from(packed, 'base64'), { maxOutputLength: LARGEST }).toString())
  if (!Array.isArray(given)) throw new TypeError('they are not an array')
  const metrics: Metric[] = []
  const problems: string[] = []
  let room = MOST_SAMPLES
  for (const one of given) {
    try {
      const metric = read(one, room)
      if (metric === undefined) continue
      room -= metric.samples.size
      metrics.push(metric)
    } catch (err) {
      problems.push(`metric ${nameOf(one)}: ${(err as Error).message}`)
    }
  }
  return { metrics, problems }
}

/** Returns undefined for a metric that is not meant to be combined. */
function read (given: unknown, room: number): Metric | undefined {
  const { name, help, type, aggregator, values } = asRecord(given)
  if (typeof name !== 'string' || !NAME.test(name)) fail('invalid metric name')
  if (name.startsWith(OURS)) fail(`names that begin with ${OURS} are reserved`)
  if (typeof help !== 'string') fail('no help text')
  if (!isType(type)) fail(`unknown type ${show(type)}`)
  if (aggregator === 'omit') return undefined
  if (!isAggregator(aggregator)) fail(`unknown aggregator ${show(aggregator)}`)
  if (!Array.isArray(values)) fail('no values')
  if (values.length > room) fail(`its ${values.length} samples would exceed the limit of ${MOST_SAMPLES} for one worker`)
  const names = sampleNames(name, type)
  const samples = new Map<string, number>()
  for (const value of values) {
    const { sample, labels, number } = readValue(value, name)
    if (!names.has(sample)) fail(`a ${type} cannot have samples named ${show(sample)}`)
    const needed = names.get(sample)
    if (needed !== undefined && !labels.some(([label]) => label === needed)) fail(`a sample lacks the label ${needed}`)
    samples.set(seriesOf(sample, labels), number)
  }
  return { name, help, type, aggregator, samples }
}

function readValue (given: unknown, name: string): { sample: string, labels: Array<[string, string]>, number: number } {
  const { value, labels, metricName = name } = asRecord(given)
  if (typeof value !== 'number' && !NO_NUMBERS.has(value)) fail(`the value ${show(value)} is not a number`)
  if (typeof metricName !== 'string') fail(`invalid sample name ${show(metricName)}`)
  return { sample: metricName, labels: Object.entries(asRecord(labels)).map(readLabel).sort(byName), number: Number(value) }
}

function readLabel ([label, value]: [string, unknown]): [string, string] {
  if (!LABEL.test(label)) fail(`invalid label name ${show(label)}`)
  if (typeof value === 'object' && value !== null) fail(`the value of label ${show(label)} is not text`)
  return [label, String(value)]
}

/** Sorted, so that the order in which a worker gives the labels does not matter. */
function byName ([a]: [string, string], [b]: [string, string]): number {
  return a < b ? -1 : 1
}

function asRecord (value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) fail('incomplete')
  return value as Record<string, unknown>
}

function nameOf (given: unknown): string {
  return show((given as { name?: unknown } | null)?.name)
}

function show (value: unknown): string {
  return inspect(value, { depth: 0, breakLength: Infinity, maxStringLength: LONGEST_NAME })
}

function fail (why: string): never {
  throw new TypeError(why)
}
