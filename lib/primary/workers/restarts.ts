import type { RestartLimits } from '../../options/options.js'
import type { Clock } from '../../platform/clock.js'

/** Counts the replacements of crashed workers, and detects when there are too many. */
export class Restarts {
  readonly limits: RestartLimits
  readonly #clock: Clock
  /** The times of the last replacements, oldest first. At most one more than the limit. */
  readonly #times: number[] = []

  constructor (limits: RestartLimits, clock: Clock) {
    this.limits = limits
    this.#clock = clock
  }

  /** Counts one more. Returns whether there have been more than `count` in the last `within` milliseconds. */
  add (): boolean {
    const { count, within } = this.limits
    if (count === undefined) return false
    const now = this.#clock.now()
    this.#times.push(now)
    while (now - (this.#times[0] as number) > within) this.#times.shift()
    return this.#times.length > count
  }
}
