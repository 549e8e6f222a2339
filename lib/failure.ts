import { AsyncLocalStorage } from 'node:async_hooks'
import { toNotice } from './error-notice.js'
import { type Channel, post } from './protocol.js'

// Reports the error that ends this worker to the primary, because the process may be gone before its logger
// has written anything.

/**
 * Milliseconds within which the app's handler of an exception may end the process: flushing and closing
 * takes seconds. After that, the process counts as having survived.
 */
const HANDLER_TIME = 30_000

let watching = false
/** Whether the reported error ends the process. Later exceptions are consequences of it. */
let dying = false

/** Set while the app's handler is dealing with an exception, for as long as the process may end because of it. */
let handled: { survived: NodeJS.Timeout } | undefined
/** The exception whose handler has started the running code, directly or through timers and promises. */
const consequence = new AsyncLocalStorage<typeof handled>()

/** Reports every uncaught exception to the primary from now on. */
export function watchExceptions (): void {
  if (watching) return
  watching = true
  process.on('uncaughtExceptionMonitor', err => {
    if (dying) return
    dying = endsByException()
    tell(err)
    if (!dying) handle()
  })
  process.on('exit', () => {
    if (handled !== undefined && consequence.getStore() !== handled) survive()
  })
}

/** Reports the error for which this process is about to end. Only the first report counts. */
export function reportFailure (err: unknown, done?: () => void): void {
  if (dying) return
  dying = true
  forget()
  tell(err, done)
}

/** Whether an uncaught exception ends this process. */
export function endsByException (): boolean {
  return process.listenerCount('uncaughtException') === 0 && !process.hasUncaughtExceptionCaptureCallback()
}

/**
 * The app's handlers run next, in this same tick. Whether they end the process, now or later, is known only
 * when it exits.
 */
function handle (): void {
  forget()
  handled = { survived: setTimeout(survive, HANDLER_TIME).unref() }
  consequence.enterWith(handled)
}

/** The process has not ended because of the exception, or ends for another reason. */
function survive (): void {
  forget()
  post(process as Channel, { type: 'survived' })
}

function forget (): void {
  clearTimeout(handled?.survived)
  handled = undefined
  consequence.disable() // while in use, it has a cost for every promise
}

function tell (err: unknown, done?: () => void): void {
  post(process as Channel, { type: 'failed', error: toNotice(err) }, undefined, done)
}
