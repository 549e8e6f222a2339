import { CommanderError } from 'commander'
import { ConfigFailedError, StdoutError } from '../errors.js'
import { plain } from '../platform/plain-text.js'
import { isGone } from '../platform/stdout.js'

/** Exit codes: the app or its port failed; the command was not understood. */
export const FAILED = 1
export const USAGE = 2

/** The user asked for something that cannot be: no stack trace, one line. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** What a primary refused, or could not do. */
export class ControlError extends Error {
  override name = 'ControlError'
}

/** Ends the process with what is wrong in one line, and the exit code that goes with it. */
export function fail (err: unknown): void {
  if (err instanceof CommanderError) {
    process.exitCode = err.exitCode === 0 ? 0 : USAGE // commander has said it, and that may not be written yet
    return
  }
  if (!isUsage(err) && !isOurs(err)) throw err // a bug: its stack tells
  process.stderr.write(`error: ${plain(err.message)}\n${err instanceof ConfigFailedError ? placeOf(err.cause) : ''}`)
  process.exit(isUsage(err) ? USAGE : FAILED)
}

/** Ends a command whose answer cannot be written. Whoever reads it may have seen enough, as head(1) does. */
export function failStdout (err: NodeJS.ErrnoException): void {
  if (isGone(err)) process.exit(0)
  fail(new StdoutError(err.message))
}

const OURS = new URL('..', import.meta.url).href

/** Where it was thrown, in files of the user's; of a syntax error the place and the text there, which begin its stack. */
function placeOf (err: unknown): string {
  const stack = err instanceof Error ? plain(err.stack ?? '') : ''
  const [head] = stack.split(/\n(?=SyntaxError)/) as [string]
  if (head !== stack) return `${head}\n`
  return stack.split('\n').filter(line => /^ +at .*\//.test(line) && !/node:|\/node_modules\//.test(line) && !line.includes(OURS)).map(line => `${line}\n`).join('')
}

/** An app that is not there, or a value that cannot be, is the user's. */
function isUsage (err: unknown): err is Error {
  const { code } = err as NodeJS.ErrnoException
  return err instanceof UsageError || (code !== undefined && USAGE_CODES.has(code))
}

function isOurs (err: unknown): err is Error {
  return err instanceof ControlError || (err as NodeJS.ErrnoException).code?.startsWith('SHARED_PORT_ERR_') === true
}

const USAGE_CODES = new Set(['SHARED_PORT_ERR_OPTIONS', 'SHARED_PORT_ERR_APP_NOT_FOUND', 'SHARED_PORT_ERR_APP_TYPE', 'SHARED_PORT_ERR_USER'])
