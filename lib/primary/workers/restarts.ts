import type { RestartLimits } from '../../options/options.js'
import type { Clock } from '../../platform/clock.js'

/** Counts the replacements of workers that crashed, and knows when they are too many. */
export class Restarts {
  readonly limits: RestartLimits
  readonly #clock: Clock
  /** When they were, the earliest first: one more than the limit at most. */
  readonly #times: number[] = []

  constructor (limits: RestartLimits, clock: Clock) {
    this.limits = limits
    this.#clock = clock
  }

  /** One more. Whether there have been more than `count` `within` the time that is looked back. */
  add (): boolean {
    const { count, within } = this.limits
    if (count === undefined) return false
    const now = this.#clock.now()
    this.#times.push(now)
    while (now - (this.#times[0] as number) > within) this.#times.shift()
    return this.#times.length > count
  }
}
