import { CommanderError } from 'commander'

/** Exit codes: the app or its port failed; the command was not understood. */
export const FAILED = 1
export const USAGE = 2

/** The user asked for something that cannot be: no stack trace, one line. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** Ends the process with the error in one line, and the exit code that goes with it. */
export function fail (err: unknown): never {
  if (err instanceof CommanderError) process.exit(err.exitCode === 0 ? 0 : USAGE) // commander has said it
  process.stderr.write(`error: ${(err as Error).message}\n`)
  process.exit(isUsage(err) ? USAGE : FAILED)
}

/** An app that is not there, or a value that cannot be, is the user's; what the app does is the app's. */
function isUsage (err: unknown): boolean {
  const { code } = err as NodeJS.ErrnoException
  return err instanceof UsageError || (code !== undefined && USAGE_CODES.has(code))
}

const USAGE_CODES = new Set(['SHARED_PORT_ERR_OPTIONS', 'ERR_SOCKET_BAD_PORT', 'SHARED_PORT_ERR_APP_NOT_FOUND', 'SHARED_PORT_ERR_APP_TYPE'])
