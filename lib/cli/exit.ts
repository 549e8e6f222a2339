import { CommanderError } from 'commander'
import { ConfigFailedError, StdoutError } from '../errors.js'
import { plain } from '../platform/plain-text.js'
import { isGone } from '../platform/stdout.js'

/** Exit codes. FAILED: the app or its port failed. USAGE: the command line is wrong. */
export const FAILED = 1
export const USAGE = 2

/** The user asked for something impossible. Reported in one line, without a stack trace. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** The primary refused a request, or could not fulfil it. */
export class ControlError extends Error {
  override name = 'ControlError'
}

/** Reports an error in one line and exits with the matching code. */
export function fail (err: unknown): void {
  if (err instanceof CommanderError) {
    process.exitCode = err.exitCode === 0 ? 0 : USAGE // commander has printed the error, but the output may not be written yet
    return
  }
  if (!isUsage(err) && !isOurs(err)) throw err // a bug: its stack trace is needed
  process.stderr.write(`error: ${plain(err.message)}\n${err instanceof ConfigFailedError ? placeOf(err.cause) : ''}`)
  process.exit(isUsage(err) ? USAGE : FAILED)
}

/**
 * Exits because the command's output cannot be written. If the reader is gone, it may have read enough, as
 * head(1) does.
 */
export function failStdout (err: NodeJS.ErrnoException): void {
  if (isGone(err)) process.exit(0)
  fail(new StdoutError(err.message))
}

const OURS = new URL('..', import.meta.url).href

/**
 * The lines of the stack in the user's own files. For a syntax error, its location and source line, with
 * which the stack begins.
 */
function placeOf (err: unknown): string {
  const stack = err instanceof Error ? plain(err.stack ?? '') : ''
  const [head] = stack.split(/\n(?=SyntaxError)/) as [string]
  if (head !== stack) return `${head}\n`
  return stack.split('\n').filter(line => /^ +at .*\//.test(line) && !/node:|\/node_modules\//.test(line) && !line.includes(OURS)).map(line => `${line}\n`).join('')
}

/** A missing app or an invalid value is the user's mistake. */
function isUsage (err: unknown): err is Error {
  const { code } = err as NodeJS.ErrnoException
  return err instanceof UsageError || (code !== undefined && USAGE_CODES.has(code))
}

function isOurs (err: unknown): err is Error {
  return err instanceof ControlError || (err as NodeJS.ErrnoException).code?.startsWith('SHARED_PORT_ERR_') === true
}

const USAGE_CODES = new Set(['SHARED_PORT_ERR_OPTIONS', 'SHARED_PORT_ERR_APP_NOT_FOUND', 'SHARED_PORT_ERR_APP_TYPE', 'SHARED_PORT_ERR_USER'])
