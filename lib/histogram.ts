/** How many values fell into each bucket: up to the first bound, up to the second ..., and beyond the last; and their sum. */
export interface Buckets { counts: number[], sum: number }

/** Upper bounds in seconds of what an ack takes: from a worker that is idle to one that blocks. */
export const ACK_BOUNDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1]

/** Upper bounds in seconds of what a request takes: those of Prometheus' own clients (https://github.com/siimon/prom-client#histogram). */
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

  /** As it is now, for another process. */
  get buckets (): Buckets {
    return { counts: [...this.counts], sum: this.sum }
  }
}

/** What two of the same bounds have together. */
export function addBuckets (a: Buckets, b: Buckets): Buckets {
  return { counts: a.counts.map((count, i) => count + (b.counts[i] ?? 0)), sum: a.sum + b.sum }
}
