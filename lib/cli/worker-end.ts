import { type Channel, post, toNotice } from '../protocol.js'
import { FAILED, isPlaceless } from './exit.js'

// How a worker that cannot serve tells why. The primary logs it: here is no logger that would be
// sure to work. What is told first counts, since the rest follows from it.
let told = false

/** Tells the primary what this process dies of, and ends it. */
export function endBy (err: unknown): void {
  if (told) return
  tell(err, () => {
    const cause = (err as Error).cause
    if (isPlaceless(cause)) throw cause
    process.exit(FAILED)
  })
}

/** Tells the primary of what nobody catches, from the app's first line on. */
export function watchExceptions (): void {
  process.on('uncaughtExceptionMonitor', err => { tell(err) })
}

function tell (err: unknown, done?: () => void): void {
  if (told) return
  told = true
  post(process as Channel, { type: 'failed', error: toNotice(err) }, undefined, done)
}
