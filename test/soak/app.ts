import { setTimeout as sleep } from 'node:timers/promises'
import type { LaneName, Stats } from '../../types/index.js'
import { type App, type Line, start, type Starter } from '../helper.js'
import type { Urls } from './clients.js'

/** Milliseconds between two readings of the stats. */
const LOOK_PAUSE = 200

/** Milliseconds for the primary to start, or to answer. */
const ANSWER_PATIENCE = 30_000

/** Milliseconds for the app to reach a state: longer than the longest delay before a replacement, and than grace. */
const PATIENCE = 60_000

/** What the primary reports. */
export interface Look { stats: Stats, resources: Record<string, number> }

/** The app under test. */
export class SoakedApp {
  readonly app: App

  constructor (starter: Starter, lane: LaneName, workers: number, ledger: string) {
    this.app = start(starter, 'soak.mjs', { options: { workers, lane }, env: { LEDGER: ledger } })
  }

  get pid (): number {
    return this.app.pid
  }

  async urls (): Promise<Urls> {
    return (await inTime(this.app.event('urls'), 'does not start'))['urls'] as Urls
  }

  async look (): Promise<Look> {
    await inTime(this.app.stats(), 'does not answer')
    return this.app.lines.findLast(({ event }) => event === 'stats') as Line & Look
  }

  /** Resolves when it has reached this state. @throws with its state, when it does not reach it in time */
  async becomes (what: string, is: (look: Look) => boolean): Promise<Look> {
    const deadline = performance.now() + PATIENCE
    for (;;) {
      const look = await this.look()
      if (is(look)) return look
      if (performance.now() > deadline) throw new Error(`after ${PATIENCE} ms it is not ${what}: ${JSON.stringify(look.stats)} ${JSON.stringify(look.resources)}`)
      await sleep(LOOK_PAUSE)
    }
  }

  /** Resolves when there are this many workers, all of them ready. */
  async healthy (workers: number): Promise<void> {
    await this.becomes(`healthy, with ${workers} workers`, ({ stats }) => isHealthy(stats, workers))
  }

  /** Resolves when, in addition, no connection is open or on its way. */
  async idle (workers: number): Promise<Look> {
    return await this.becomes(`idle, with ${workers} workers`, ({ stats }) => isHealthy(stats, workers) && stats.pending === 0 &&
      stats.workers.every(({ unacked, open }) => unacked === 0 && open === 0))
  }

  /** How many workers are ready, by the log: for when the primary may not answer. */
  get readyWorkers (): number {
    const ready = new Set<unknown>()
    for (const { event, workerId } of this.app.lines) {
      if (event === 'worker-ready') ready.add(workerId)
      else if (event === 'worker-exit') ready.delete(workerId)
    }
    return ready.size
  }

  /** @returns false if the app has no such process */
  signal (pid: number, signal: NodeJS.Signals): boolean {
    if (!this.app.processes().includes(pid)) return false
    try {
      process.kill(pid, signal)
      return true
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code !== 'ESRCH') throw err
      return false // it has just exited
    }
  }
}

/** @throws when it takes too long */
async function inTime<T> (awaited: Promise<T>, otherwise: string): Promise<T> {
  const end = new AbortController()
  const late = sleep(ANSWER_PATIENCE, undefined, end).then(() => { throw new Error(`the primary ${otherwise} in ${ANSWER_PATIENCE} ms`) })
  try {
    return await Promise.race([awaited, late])
  } finally {
    late.catch(() => {}) // it was cancelled
    end.abort()
  }
}

function isHealthy ({ workers }: Stats, count: number): boolean {
  return workers.length === count && workers.every(({ state }) => state === 'ready')
}
