import { createRandom } from '../fakes.js'

/** Random choices, always the same for the same seed. */
export class Random {
  /** A number from 0 to 1. */
  readonly next: () => number

  constructor (seed: number) {
    this.next = createRandom(seed)
  }

  /** An integer from `least` to `most`. */
  between (least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1))
  }

  chance (probability: number): boolean {
    return this.next() < probability
  }

  /** @throws RangeError if there is nothing to choose from */
  pick<T> (from: readonly T[]): T {
    if (from.length === 0) throw new RangeError('nothing to pick from')
    return from[Math.floor(this.next() * from.length)] as T
  }

  /** A new, independent one: its choices do not depend on how often this one is used from now on. */
  fork (): Random {
    return new Random(this.between(0, 2 ** 31))
  }
}
