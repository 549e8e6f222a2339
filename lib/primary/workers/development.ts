import type { SafeLog } from '../../fastify/safe-log.js'

/** Changed files that the line of a restart names; the log's fields have all of them. */
const MOST_NAMED = 3

export interface DevelopmentParts {
  /** Of the workers that start from now on. */
  nextGeneration (): number
  /** Every worker drains at once, and another one starts in its place. */
  restart (): void
  /** Whether a worker is ready, or on its way to be. */
  hasWorkers (): boolean
  /** From now on whoever connects is told of the failure instead of waiting for a worker; undefined: waits again. */
  refuse (failure: Error | undefined): void
  log: SafeLog
}

/**
 * Serves an app whose code changes. A change restarts the workers: stop-first, since what is
 * answered after it has to be the new code's. Until one is ready, connections are pending. Where
 * none becomes so, the code has to change first: until it does, everybody is told why.
 */
export class Development {
  readonly #parts: DevelopmentParts
  #refuses = false

  constructor (parts: DevelopmentParts) {
    this.#parts = parts
  }

  /** @param changed the files, for the log */
  restart (changed: readonly string[]): void {
    const { nextGeneration, restart, log } = this.#parts
    const generation = nextGeneration()
    this.#refuse(undefined)
    restart()
    log.info({ event: 'restart', generation, changed }, 'restart %d: %s changed', generation, describe(changed))
  }

  /** A worker failed before it was ready, and is not replaced. */
  failed (failure: Error): void {
    if (this.#parts.hasWorkers()) return
    this.#refuse(failure)
    this.#parts.log.warn({ event: 'restart-failed' }, 'the app does not start: requests are answered 503 with its error, until a file changes')
  }

  /** A worker is ready. */
  ready (): void {
    this.#refuse(undefined)
  }

  #refuse (failure: Error | undefined): void {
    if (failure === undefined && !this.#refuses) return
    this.#refuses = failure !== undefined
    this.#parts.refuse(failure)
  }
}

function describe (changed: readonly string[]): string {
  const more = changed.length - MOST_NAMED
  return changed.slice(0, MOST_NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '')
}
