import type { Clock } from '../../lib/platform/clock.js'

/** Milliseconds between two checks. */
const LOOK_PAUSE = 1_000

/** Milliseconds without an answer: while workers are ready, and while none is. Replacements wait for 30 s at most. */
const STALL = 30_000
const OUTAGE = 60_000

export interface WatchdogParts {
  /** Milliseconds that the whole run may take. */
  limit: number
  /** Whether requests are being made. */
  loaded (): boolean
  /** When the last answer arrived. */
  answeredAt (): number
  readyWorkers (): number
  clock: Clock
}

/** Ends a run that would never end. */
export class Watchdog {
  /** Rejects when the run has to be ended. */
  readonly bite: Promise<never>
  readonly #parts: WatchdogParts
  readonly #begunAt: number
  #loadedAt: number | undefined
  #cancel: (() => void) | undefined

  constructor (parts: WatchdogParts) {
    this.#parts = parts
    this.#begunAt = parts.clock.now()
    this.bite = new Promise((resolve, reject) => { this.#watch(reject) })
    this.bite.catch(() => {}) // a race against it gets the rejection
  }

  end (): void {
    this.#cancel?.()
  }

  #watch (reject: (err: Error) => void): void {
    this.#cancel = this.#parts.clock.after(LOOK_PAUSE, () => {
      const wrong = this.#look()
      if (wrong === undefined) this.#watch(reject)
      else reject(new Error(wrong))
    })
  }

  #look (): string | undefined {
    const { limit, loaded, answeredAt, readyWorkers, clock } = this.#parts
    const now = clock.now()
    if (now - this.#begunAt > limit) return `not done after ${limit} ms`
    this.#loadedAt = loaded() ? this.#loadedAt ?? now : undefined
    if (this.#loadedAt === undefined) return undefined
    const silence = now - Math.max(this.#loadedAt, answeredAt())
    const ready = readyWorkers()
    return silence > (ready > 0 ? STALL : OUTAGE) ? `the app stalls: no answer for ${Math.round(silence)} ms, ${ready} workers are ready` : undefined
  }
}
