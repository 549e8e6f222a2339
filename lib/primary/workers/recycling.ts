import { ClosedError } from '../../errors.js'
import type { RecycleLimits } from '../../options/options.js'
import type { SafeLog } from '../../fastify/safe-log.js'
import type { Clock } from '../../platform/clock.js'
import type { Outcome } from './life.js'
import type { Slot } from './slots.js'
import type { WorkerHandle } from './worker-handle.js'

/** Milliseconds until the next attempt after a new worker failed: the same as the longest delay of a replacement. */
const RETRY = 30_000

const KINDS = ['requests', 'rss', 'age'] as const

export interface RecyclingParts {
  limits: RecycleLimits
  slots (): readonly Slot[]
  /**
   * Replaces the slot's worker; resolves when the old one has exited. @throws the error with which the new
   * one failed
   */
  renew (slot: Slot): Promise<Outcome>
  /** Whether a reload is replacing all workers. */
  reloading (): boolean
  /** Returns random numbers from 0 to 1. */
  random (): number
  clock: Clock
  log: SafeLog
}

interface Lifetime {
  /** When the worker became ready, by the clock. */
  readyAt: number
  /** The worker's own limits: those of the options, reduced by a random share. */
  limits: Record<typeof KINDS[number], number>
}

/** Replaces workers that are over a limit, start-first, one at a time. */
export class Recycling {
  readonly #parts: RecyclingParts
  readonly #lifetimes = new WeakMap<WorkerHandle, Lifetime>()
  #running = false
  #notBefore = 0

  constructor (parts: RecyclingParts) {
    this.#parts = parts
  }

  /** Begins to measure the worker's life. */
  ready (worker: WorkerHandle): void {
    const { limits: { requests = Infinity, rss = Infinity, age = Infinity, jitter }, random, clock, log } = this.#parts
    const share = 1 - jitter * random()
    const isOver = worker.rss >= rss * share
    if (isOver) log.warn({ event: 'recycle-rss', workerId: worker.id, workerPid: worker.pid, rss: worker.rss, limit: rss }, 'worker %d starts with %s MiB of memory, over its recycle.rss limit of %s MiB: a new worker would exceed it too, so the limit is ignored for this one', worker.id, inMebibytes(worker.rss), inMebibytes(rss * share))
    this.#lifetimes.set(worker, { readyAt: clock.now(), limits: { requests: requests * share, rss: isOver ? Infinity : rss * share, age: age * share } })
  }

  /** To be called whenever a worker has reported something. */
  async check (): Promise<void> {
    if (this.#running) return
    this.#running = true
    for (let slot; (slot = this.#nextDue()) !== undefined;) await this.#renew(slot)
    this.#running = false
  }

  #nextDue (): Slot | undefined {
    const { slots, reloading, clock } = this.#parts
    if (reloading() || clock.now() < this.#notBefore) return undefined
    return slots().find(({ worker, successor }) => successor === undefined && worker?.state === 'ready' && this.#excess(worker) !== undefined)
  }

  async #renew (slot: Slot): Promise<void> {
    const { renew, clock, log } = this.#parts
    const worker = slot.worker as WorkerHandle
    const reason = this.#excess(worker) as typeof KINDS[number]
    const used = Math.round(this.#usage(worker)[reason])
    const limit = Math.round((this.#lifetimes.get(worker) as Lifetime).limits[reason])
    log.info({ event: 'recycle', workerId: worker.id, workerPid: worker.pid, reason, used, limit }, 'replacing worker %d: it is over its limit for %s (%d, limit %d)', worker.id, reason, used, limit)
    try {
      await renew(slot)
    } catch (err) {
      // While everything stops, workers that are over a limit may still be ready for a while.
      this.#notBefore = err instanceof ClosedError ? Infinity : clock.now() + RETRY
      if (err instanceof ClosedError) return
      log.error({ event: 'recycle-failed', workerId: worker.id, err }, 'keeping worker %d: the worker that should replace it failed: %s', worker.id, (err as Error).message)
    }
  }

  #excess (worker: WorkerHandle): typeof KINDS[number] | undefined {
    const usage = this.#usage(worker)
    const limits = this.#lifetimes.get(worker)?.limits
    return limits && KINDS.find(kind => usage[kind] >= limits[kind])
  }

  #usage (worker: WorkerHandle): Record<typeof KINDS[number], number> {
    const { readyAt = Infinity } = this.#lifetimes.get(worker) ?? {}
    return { requests: worker.requests, rss: worker.rss, age: this.#parts.clock.now() - readyAt }
  }
}

function inMebibytes (bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1)
}
