import { aggregate, isGrowing, type Metric, sampleNames, write } from './metric.js'
import { LARGEST, MOST_SAMPLES, unpack } from './unpack.js'

/** The most problems of a worker that one message lists. */
const MOST_NAMED = 3

/** Called when a part of a worker's metrics is dropped, with the reason. */
export type OnProblem = (id: number, problem: string) => void

/** The metrics with one name, of several workers. */
interface Family { parts: Metric[], id: number | undefined }

/**
 * Combines the metrics of all workers' apps. For a worker that does not answer, its last values count.
 * Counters and histograms of workers that have exited still count: otherwise each reload would look like a
 * reset of the counters, and Prometheus would count the remaining values twice.
 */
export class Sum {
  readonly #onProblem: OnProblem
  readonly #known = new Map<number, Metric[]>()
  /** The metrics of workers that have exited, by name. */
  readonly #gone = new Map<string, Metric>()
  #goneSamples = 0

  constructor (onProblem: OnProblem) {
    this.#onProblem = onProblem
  }

  /** Sets the latest metrics of a worker. @throws if they cannot be read at all: a worker may send anything */
  update (id: number, packed: string | undefined): void {
    if (packed === undefined) return
    const { metrics, problems } = unpack(packed)
    this.#known.set(id, metrics)
    const more = problems.length - MOST_NAMED
    if (problems.length > 0) this.#onProblem(id, problems.slice(0, MOST_NAMED).join('; ') + (more > 0 ? `; and ${more} more` : ''))
  }

  /** Called when a worker has exited. Its counters and histograms are kept. */
  bury (id: number): void {
    const last = this.#known.get(id) ?? []
    this.#known.delete(id)
    for (const metric of last) if (isGrowing(metric)) this.#keep(metric, id)
  }

  /** All metrics, ours included, in Prometheus' text format. */
  text (own: Metric[]): string {
    const texts = own.map(write)
    let length = 0
    for (const { parts, id } of this.#families(own)) {
      const text = write(aggregate(parts))
      if (length + text.length > LARGEST) {
        if (id !== undefined) this.#onProblem(id, `metric ${parts[0]?.name}: the metrics of all workers would exceed ${LARGEST} bytes`)
        continue
      }
      length += text.length
      texts.push(text)
    }
    return `${texts.join('\n\n')}\n`
  }

  /**
   * Groups the metrics by name. Workers may disagree about a metric after the code has changed; then the
   * newest worker's definition counts.
   */
  #families (own: Metric[]): Iterable<Family> {
    const families = new Map<string, Family>()
    const taken = new Map<string, string>()
    for (const metric of own) take(metric)
    const known = [...this.#known].sort(([a], [b]) => b - a)
    for (const [id, metrics] of known) for (const metric of metrics) add(metric, id, problem => { this.#onProblem(id, `metric ${metric.name}: ${problem}`) })
    for (const metric of this.#gone.values()) add(metric, undefined, () => {})
    return families.values()

    function add (metric: Metric, id: number | undefined, onProblem: (problem: string) => void): void {
      const family = families.get(metric.name)
      if (family !== undefined) {
        const [{ type }] = family.parts as [Metric]
        if (type === metric.type) family.parts.push(metric)
        else onProblem(`it is a ${metric.type}, but a ${type} in a newer worker`)
        return
      }
      const other = [...sampleNames(metric.name, metric.type).keys()].find(name => taken.has(name))
      if (other !== undefined) return onProblem(`${String(taken.get(other))} already has samples named ${other}`)
      take(metric)
      families.set(metric.name, { parts: [metric], id })
    }

    function take ({ name, type }: Metric): void {
      for (const sample of sampleNames(name, type).keys()) taken.set(sample, name)
    }
  }

  #keep (metric: Metric, id: number): void {
    const before = this.#gone.get(metric.name)
    const both = before?.type === metric.type ? aggregate([metric, before]) : metric
    const more = both.samples.size - (before?.samples.size ?? 0)
    if (this.#goneSamples + more > MOST_SAMPLES) {
      this.#onProblem(id, `metric ${metric.name}: not kept, since ${MOST_SAMPLES} samples of exited workers are kept already`)
      return
    }
    this.#goneSamples += more
    this.#gone.set(metric.name, both)
  }
}
