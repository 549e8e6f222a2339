import type { SafeLog } from '../../fastify/safe-log.js'

/** The most changed files that the log line of a restart names. The log's fields have all of them. */
const MOST_NAMED = 3

export interface DevelopmentParts {
  /** The generation of the workers that start from now on. */
  nextGeneration (): number
  /** Drains all workers at once, and starts new ones in their slots. */
  restart (): void
  /** Whether a worker is ready or starting. */
  hasWorkers (): boolean
  /**
   * Answers all clients with the failure from now on, instead of letting them wait for a worker. Undefined:
   * lets them wait again.
   */
  refuse (failure: Error | undefined): void
  log: SafeLog
}

/**
 * Serves an app whose code changes. A change restarts the workers, stop-first, because every answer after it
 * has to come from the new code. Connections are pending until a new worker is ready. If all of them fail,
 * only a change of the code can help, and until then all clients are answered with the error.
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
    this.#parts.log.warn({ event: 'restart-failed' }, 'the app does not start: requests are answered 503 with the error until a file changes')
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
