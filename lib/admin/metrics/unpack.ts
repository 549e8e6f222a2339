import { inspect } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { isAggregator, isType, type Metric, sampleNames, seriesOf } from './metric.js'

/** Bytes of what one worker's app measures: beyond this it is no metrics any more. */
export const LARGEST = 16 * 1024 * 1024

/** Samples of one worker that are taken: each is kept, and added to those of the others. */
export const MOST_SAMPLES = 50_000

/** The names of our own metrics begin with this: no app has any of them. */
const OURS = 'shared_fastify_'

// https://prometheus.io/docs/concepts/data_model/#metric-names-and-labels
const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const LABEL = /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/ // what begins with __ is Prometheus' own

/** Characters of a name that a log line shows. */
const LONGEST_NAME = 100

/** JSON has no number for these: they come as texts (see packAppMetrics()). */
const NO_NUMBERS = new Set<unknown>(['NaN', 'Infinity', '-Infinity'])

export interface Unpacked {
  metrics: Metric[]
  /** What is left out, and why: a sentence each. */
  problems: string[]
}

/**
 * What prom-client's `getMetricsAsJSON()` gave in a worker. A worker may send anything: a metric that
 * Prometheus could not read is left out, since with one of those it reads nothing of the whole scrape.
 * @throws where none of it can be read
 */
export function unpack (packed: string): Unpacked {
  const given: unknown = JSON.parse(gunzipSync(Buffer.from(packed, 'base64'), { maxOutputLength: LARGEST }).toString())
  if (!Array.isArray(given)) throw new TypeError('these are no metrics')
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
      problems.push(`the metric ${nameOf(one)}: ${(err as Error).message}`)
    }
  }
  return { metrics, problems }
}

/** Undefined: it is one that each worker keeps to itself. */
function read (given: unknown, room: number): Metric | undefined {
  const { name, help, type, aggregator, values } = asRecord(given)
  if (typeof name !== 'string' || !NAME.test(name)) fail('this is no name for a metric')
  if (name.startsWith(OURS)) fail(`what begins with ${OURS} is ours`)
  if (typeof help !== 'string') fail('it has no help')
  if (!isType(type)) fail(`it has the type ${show(type)}`)
  if (aggregator === 'omit') return undefined
  if (!isAggregator(aggregator)) fail(`it has the aggregator ${show(aggregator)}`)
  if (!Array.isArray(values)) fail('it has no values')
  if (values.length > room) fail(`with its ${values.length} samples there would be more than ${MOST_SAMPLES} of this worker`)
  const names = sampleNames(name, type)
  const samples = new Map<string, number>()
  for (const value of values) {
    const { sample, labels, number } = readValue(value, name)
    if (!names.has(sample)) fail(`a ${type} has no samples that are named ${show(sample)}`)
    const needed = names.get(sample)
    if (needed !== undefined && !labels.some(([label]) => label === needed)) fail(`a sample lacks the label ${needed}`)
    samples.set(seriesOf(sample, labels), number)
  }
  return { name, help, type, aggregator, samples }
}

function readValue (given: unknown, name: string): { sample: string, labels: Array<[string, string]>, number: number } {
  const { value, labels, metricName = name } = asRecord(given)
  if (typeof value !== 'number' && !NO_NUMBERS.has(value)) fail(`it has the value ${show(value)}, which is no number`)
  if (typeof metricName !== 'string') fail(`it has samples that are named ${show(metricName)}`)
  return { sample: metricName, labels: Object.entries(asRecord(labels)).map(readLabel).sort(byName), number: Number(value) }
}

function readLabel ([label, value]: [string, unknown]): [string, string] {
  if (!LABEL.test(label)) fail(`${show(label)} is no name for a label`)
  if (typeof value === 'object' && value !== null) fail(`the label ${show(label)} has a value that is no text`)
  return [label, String(value)]
}

/** Whichever order a worker gives its labels in, the series is the same. */
function byName ([a]: [string, string], [b]: [string, string]): number {
  return a < b ? -1 : 1
}

function asRecord (value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) fail('it is incomplete')
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
