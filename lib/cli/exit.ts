import { CommanderError } from 'commander'
import { ControlError } from './control-client.js'

/** Exit codes: the app or its port failed; the command was not understood. */
export const FAILED = 1
export const USAGE = 2

/** The user asked for something that cannot be: no stack trace, one line. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** Ends the process with what is wrong in one line, and the exit code that goes with it. */
export function fail (err: unknown): never {
  if (err instanceof CommanderError) process.exit(err.exitCode === 0 ? 0 : USAGE) // commander has said it
  if (!isUsage(err) && !isOurs(err)) throw err // a bug: its stack tells
  process.stderr.write(`error: ${err.message}\n`)
  process.exit(isUsage(err) ? USAGE : FAILED)
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
