import { AsyncLocalStorage } from 'node:async_hooks'
import { toNotice } from './error-notice.js'
import { type Channel, post } from './protocol.js'

// What this worker dies of, told to the primary: its process may be gone before a logger has written anything.

/** Milliseconds in which a handler of the app's may end the process because of an exception: to flush and to close takes seconds. After that it has survived. */
const HANDLER_TIME = 30_000

let watching = false
/** It dies of what was told last: what else is thrown follows from that. */
let dying = false

/** The exception that a handler of the app's is dealing with, for as long as the process may end because of it. */
let handled: { survived: NodeJS.Timeout } | undefined
/** Which exception the running code is a consequence of: all that its handler has started, later timers and promises included. */
const consequence = new AsyncLocalStorage<typeof handled>()

/** Tells the primary of each exception that nobody catches, from here on. */
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

/** Tells the primary what this process is about to end for. What is told first counts. */
export function reportFailure (err: unknown, done?: () => void): void {
  if (dying) return
  dying = true
  forget()
  tell(err, done)
}

/** Whether an exception that nobody catches ends this process. */
export function endsByException (): boolean {
  return process.listenerCount('uncaughtException') === 0 && !process.hasUncaughtExceptionCaptureCallback()
}

/** The handlers of the app's run next, in this same turn: whether they end the process, now or later, shows at its exit. */
function handle (): void {
  forget()
  handled = { survived: setTimeout(survive, HANDLER_TIME).unref() }
  consequence.enterWith(handled)
}

/** The process has not ended for it, or ends for something else. */
function survive (): void {
  forget()
  post(process as Channel, { type: 'survived' })
}

function forget (): void {
  clearTimeout(handled?.survived)
  handled = undefined
  consequence.disable() // it has a price for every promise while it is in use
}

function tell (err: unknown, done?: () => void): void {
  post(process as Channel, { type: 'failed', error: toNotice(err) }, undefined, done)
}
