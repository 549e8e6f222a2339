import { writeAnswer } from './overload-answer.js'

/** The most characters of the error: enough for an ordinary one, and few enough to be sent in one write. */
const LONGEST_TEXT = 10_000

/**
 * The answer to all clients while the app does not start, in development: an HTTP/1.1 response with the
 * error as plain text.
 */
export function outageAnswer (failure: Error, now: () => number = Date.now): Buffer {
  const text = `The app failed to start.\n\n${explain(failure).slice(0, LONGEST_TEXT)}\n\nIt will be started again when a file changes.\n`
  return writeAnswer(now(), {
    'Cache-Control': 'no-store',
    'Content-Type': 'text/plain; charset=utf-8',
    'X-Content-Type-Options': 'nosniff'
  }, text)
}

/** Only the innermost cause is shown with its stack, which tells where it happened. */
function explain (err: Error): string {
  if (!(err.cause instanceof Error)) return err.stack ?? err.message
  return `${err.message}\n\ncaused by: ${explain(err.cause)}`
}
