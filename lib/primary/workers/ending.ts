import { WorkerFailedError } from '../../errors.js'
import type { SafeLog } from '../../fastify/safe-log.js'
import type { Ending } from './fork.js'
import type { WorkerHandle } from './worker-handle.js'

/** How a worker's life ended. */
export interface End {
  /** It was told to end, or told so itself: no failure, and the next one does not wait longer for it. */
  asked: boolean
  /** It takes everything along. */
  fatal: boolean
  /** Whether it ever was. */
  ready: boolean
}

/** What a worker failed of. */
export function failureOf (worker: WorkerHandle, ending: Ending): Error {
  return new WorkerFailedError(worker.id, describeEnding(ending), { cause: ending.error ?? worker.verdict ?? (diedOfFailure(ending) ? worker.failure : undefined) })
}

/** What a worker said before it ended otherwise, it did not die of. */
function diedOfFailure ({ code, signal }: Ending): boolean {
  return code !== 0 && signal === null
}

/** For "worker 3 ...". */
export function describeEnding ({ code, signal, error }: Ending): string {
  if (error !== undefined) return `could not be started (${error.message})`
  return signal === null ? `exited with code ${code}` : `was ended by ${signal}`
}

/** The line by which an operator knows what became of a worker. */
export function logExit (log: SafeLog, worker: WorkerHandle, ending: Ending, { asked, fatal, ready }: End): void {
  const { code, signal, error } = ending
  // Of those that were not ready when they were to end, one has told why already.
  const diedOfIt = diedOfFailure(ending) && !(asked && !ready)
  const err = error ?? (diedOfIt ? worker.failure : undefined)
  const fields = { event: 'worker-exit', workerId: worker.id, workerPid: worker.pid, code, signal, ...(err !== undefined && { err }) }
  if (asked) return log.info(fields, 'worker %d %s', worker.id, describeEnding(ending))
  log[fatal ? 'fatal' : 'error'](fields, 'worker %d %s %s%s', worker.id, describeEnding(ending),
    ready ? 'unasked' : 'before it was ready', isForeignKill(worker, ending) ? ': it may have been the kernel, out of memory (see dmesg)' : '')
}

/** Whether somebody else than this process has killed it. */
export function isForeignKill (worker: WorkerHandle, { signal }: Ending): boolean {
  return signal === 'SIGKILL' && !worker.killed
}
