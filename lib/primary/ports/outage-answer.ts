import { writeAnswer } from './overload-answer.js'

/** Characters of the error: all of an ordinary one, and few enough to be sent in one write. */
const LONGEST_TEXT = 10_000

/** What clients of an app that does not start are answered in development: an HTTP/1.1 response with the error, as plain text. */
export function outageAnswer (failure: Error, now: () => number = Date.now): Buffer {
  const text = `The app does not start.\n\n${explain(failure).slice(0, LONGEST_TEXT)}\n\nIt is started again as soon as a file changes.\n`
  return writeAnswer(now(), {
    'Cache-Control': 'no-store',
    'Content-Type': 'text/plain; charset=utf-8',
    'X-Content-Type-Options': 'nosniff'
  }, text)
}

/** Where it happened is known of what caused all the rest. */
function explain (err: Error): string {
  if (!(err.cause instanceof Error)) return err.stack ?? err.message
  return `${err.message}\n\ncaused by: ${explain(err.cause)}`
}
