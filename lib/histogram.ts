/**
 * The number of values in each bucket (up to the first bound, up to the second, ..., above the last), and
 * the sum of all values.
 */
export interface Buckets { counts: number[], sum: number }

/** Upper bounds in seconds for the time until an ack: from an idle worker to a blocked one. */
export const ACK_BOUNDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1]

/**
 * Upper bounds in seconds for the duration of a request: those of Prometheus' own clients
 * (https://github.com/siimon/prom-client#histogram).
 */
export const REQUEST_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export class Histogram implements Buckets {
  readonly counts: number[]
  sum = 0
  readonly #bounds: readonly number[]

  constructor (bounds: readonly number[]) {
    this.#bounds = bounds
    this.counts = Array.from({ length: bounds.length + 1 }, () => 0)
  }

  add (value: number): void {
    let bucket = 0
    while (bucket < this.#bounds.length && value > (this.#bounds[bucket] as number)) bucket++
    this.counts[bucket] = (this.counts[bucket] as number) + 1
    this.sum += value
  }

  /** A copy, to be sent to another process. */
  get buckets (): Buckets {
    return { counts: [...this.counts], sum: this.sum }
  }
}

/** Adds two histograms with the same bounds. */
export function addBuckets (a: Buckets, b: Buckets): Buckets {
  return { counts: a.counts.map((count, i) => count + (b.counts[i] ?? 0)), sum: a.sum + b.sum }
}
