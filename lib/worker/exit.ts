import type { SafeLog } from '../fastify/safe-log.js'
import { descendants, listed } from '../platform/process-table.js'
import { END_DELAY } from '../platform/timing.js'
import { within } from '../platform/within.js'
import type { App } from './app.js'
import type { OwnHandlers } from './own-handlers.js'
import type { Stdout } from './stdout.js'

/** Milliseconds before the primary kills the worker at which it stops waiting for anything and exits. */
const EXIT_TIME = END_DELAY / 5

/**
 * Milliseconds at the end that are reserved for the app's own handlers, and for writing the log, if the
 * earlier steps take as long as they may.
 */
const HANDLERS_TIME = END_DELAY / 4
const LOG_TIME = END_DELAY / 8

export interface ExitParts {
  apps: ReadonlySet<App>
  ownHandlers: OwnHandlers
  stdout: Stdout
  /** Sends the last reports to the primary, within `left()` milliseconds. */
  report (left: () => number): Promise<void>
  log: SafeLog
}

/** The end of a worker's process: close the apps, run the app's own handlers of SIGTERM, write the log, exit. */
export class Exit {
  readonly #parts: ExitParts

  constructor (parts: ExitParts) {
    this.#parts = parts
  }

  /**
   * Closes the apps and exits. The primary kills the worker after grace and END_DELAY, so each step has a
   * limit before that.
   * @param finished resolves when every app has finished its connections
   */
  async closeAndExit (finished: Promise<unknown>, grace: number): Promise<void> {
    const { ownHandlers, stdout, log } = this.#parts
    const end = performance.now() + grace + END_DELAY - EXIT_TIME
    const left = (reserved = 0): number => Math.max(0, end - reserved - performance.now())
    const closed = await this.#close(finished, () => left(HANDLERS_TIME + LOG_TIME))
    // Last, because they may exit the process: the onClose hooks have run by then.
    if (!await ownHandlers.end(left(LOG_TIME))) log.warn({ event: 'own-handlers' }, 'the app\'s SIGTERM handlers did not finish within grace: exiting without them')
    await stdout.drained(left())
    process.exit(closed ? 0 : 1)
  }

  /** Exits a worker that serves nothing. The app's own handlers are called after ours. */
  exitUnserved (grace: number): void {
    setImmediate(async () => {
      await this.#parts.ownHandlers.end(grace)
      process.exit()
    })
  }

  logCloseError (err: unknown): void {
    this.#parts.log.error({ event: 'close-error', err }, 'closing the app failed')
  }

  /** Closes the apps, with their onClose hooks. @returns whether they have closed without an error and in time */
  async #close (finished: Promise<unknown>, left: () => number): Promise<boolean> {
    const { apps, report, log } = this.#parts
    try {
      await finished
      await report(left)
      if (await within(left(), Promise.all([...apps].map(async app => { await app.close() })))) return true
      log.error({ event: 'close-error' }, 'the app did not close in time')
      this.#logChildren()
    } catch (err) {
      this.logCloseError(err)
    }
    return false
  }

  /**
   * Logs the child processes that this worker leaves behind: without their parent, nothing else shows which
   * worker started them.
   */
  #logChildren (): void {
    const children = descendants(process.pid)
    if (children.processes.length === 0) return
    this.#parts.log.warn({ event: 'worker-children', children: children.processes }, 'exiting anyway leaves child processes running: %s', listed(children))
  }
}
