import type { Stall } from '../../protocol.js'
import type { SafeLog } from '../../fastify/safe-log.js'
import type { Clock } from '../../platform/clock.js'
import type { WorkerHandle } from '../workers/worker-handle.js'

/**
 * Milliseconds between two log lines about one worker. An app that blocks all the time would otherwise fill
 * the log.
 */
const PAUSE = 10_000

/**
 * A stall without a known cause is logged as a warning only from this duration in milliseconds. A busy
 * machine causes shorter ones by itself.
 */
const LONG = 1_000

export interface StallsParts {
  clock: Clock
  log: SafeLog
}

interface Pause {
  /** The stall to log when the pause is over. */
  longest: Stall | undefined
  cancel: () => void
}

/**
 * Logs the workers' stalls: the first one at once, then for each pause the longest one, and how many more
 * there were.
 */
export class Stalls {
  readonly #parts: StallsParts
  readonly #pauses = new Map<WorkerHandle, Pause>()
  /** The number of stalls that each worker had when it was last logged. */
  readonly #told = new WeakMap<WorkerHandle, number>()

  constructor (parts: StallsParts) {
    this.#parts = parts
  }

  /** @param stall the longest stall in the worker's latest pulse */
  add (worker: WorkerHandle, stall: Stall): void {
    if (isMinor(stall)) return this.#log('debug', worker, stall)
    const pause = this.#pauses.get(worker)
    if (pause === undefined) this.#tell(worker, stall)
    else if (stall.duration > (pause.longest?.duration ?? 0)) pause.longest = stall
  }

  /** To be called when the worker has exited. */
  forget (worker: WorkerHandle): void {
    const pause = this.#pauses.get(worker)
    this.#pauses.delete(worker)
    pause?.cancel()
    if (pause?.longest !== undefined) this.#log('warn', worker, pause.longest)
  }

  #tell (worker: WorkerHandle, stall: Stall): void {
    this.#log('warn', worker, stall)
    const cancel = this.#parts.clock.after(PAUSE, () => {
      this.#pauses.delete(worker)
      if (pause.longest !== undefined) this.#tell(worker, pause.longest)
    })
    const pause: Pause = { longest: undefined, cancel }
    this.#pauses.set(worker, pause)
  }

  #log (level: 'warn' | 'debug', worker: WorkerHandle, { duration, route, requests }: Stall): void {
    const { id, pid, stalls } = worker
    const more = Math.max(0, stalls - (this.#told.get(worker) ?? 0) - 1)
    this.#told.set(worker, stalls)
    this.#parts.log[level]({ event: 'stall', workerId: id, workerPid: pid, duration, route, requests, more }, 'worker %d: event loop blocked for %d ms%s%s', id, duration, whereOf(route, requests), more > 0 ? `; ${more} more ${more === 1 ? 'stall' : 'stalls'} since this was last logged` : '')
  }
}

function isMinor ({ duration, route, requests = [] }: Stall): boolean {
  return duration < LONG && route === undefined && requests.length === 0
}

function whereOf (route: string | undefined, requests: string[] = []): string {
  if (route !== undefined) return ` in ${route}`
  return requests.length > 0 ? `, possibly in ${requests.join(' or ')}` : ''
}
