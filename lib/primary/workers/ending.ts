import { WorkerFailedError } from '../../errors.js'
import type { SafeLog } from '../../fastify/safe-log.js'
import type { Ending } from './fork.js'
import type { WorkerHandle } from './worker-handle.js'

/** The circumstances in which a worker ended. */
export interface End {
  /**
   * Whether its end was expected: it was told to exit, or closed by itself. It is not a failure, and does
   * not delay the replacement.
   */
  asked: boolean
  /** Whether this ends the primary. */
  fatal: boolean
  /** Whether the worker had ever been ready. */
  ready: boolean
}

/** The error with which a worker failed. */
export function failureOf (worker: WorkerHandle, ending: Ending): Error {
  return new WorkerFailedError(worker.id, describeEnding(ending), { cause: ending.error ?? worker.verdict ?? (diedOfFailure(ending) ? worker.failure : undefined) })
}

/**
 * Whether the exit is due to the error that the worker had reported. If it ended in another way, the error
 * was not the cause.
 */
function diedOfFailure ({ code, signal }: Ending): boolean {
  return code !== 0 && signal === null
}

/** Describes how it ended, to follow "worker 3". */
export function describeEnding ({ code, signal, error }: Ending): string {
  if (error !== undefined) return `could not be started (${error.message})`
  return signal === null ? `exited with code ${code}` : `was killed by ${signal}`
}

/** Logs how a worker ended. */
export function logExit (log: SafeLog, worker: WorkerHandle, ending: Ending, { asked, fatal, ready }: End): void {
  const { code, signal, error } = ending
  // If workers were not ready when they were told to exit, one of them has logged the reason already.
  const diedOfIt = diedOfFailure(ending) && !(asked && !ready)
  const err = error ?? (diedOfIt ? worker.failure : undefined)
  const fields = { event: 'worker-exit', workerId: worker.id, workerPid: worker.pid, code, signal, ...(err !== undefined && { err }) }
  if (asked) return log.info(fields, 'worker %d %s', worker.id, describeEnding(ending))
  log[fatal ? 'fatal' : 'error'](fields, 'worker %d %s%s', worker.id, ready ? describeCrash(worker, ending) : `${describeEnding(ending)} before it was ready`,
    isForeignKill(worker, ending) ? ', possibly by the kernel because memory ran out (see dmesg)' : '')
}

function describeCrash ({ killed }: WorkerHandle, { code, signal }: Ending): string {
  if (signal === 'SIGKILL' && killed) return 'was killed by its primary'
  if (signal !== null) return `crashed: killed by ${signal}`
  return code === 0 ? 'exited unexpectedly with code 0' : `crashed: exited with code ${code}`
}

/** Whether a process other than this one has killed it. */
export function isForeignKill (worker: WorkerHandle, { signal }: Ending): boolean {
  return signal === 'SIGKILL' && !worker.killed
}
