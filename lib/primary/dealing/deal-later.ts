import type { Clock } from '../../platform/clock.js'
import type { WorkerHandle } from '../workers/worker-handle.js'

/** Milliseconds until workers are offered again what they refused, if no other worker is left. */
const REFUSAL_PAUSE = 100

/** Milliseconds until the next attempt to send to a worker whose wire was full. */
const FULL_PAUSE = 10

export interface DealLaterParts {
  clock: Clock
  deal (): void
  /** Called when workers have credit again, for any key. */
  onCredit (): void
  /** Offers refused connections again. Returns whether some still wait afterwards. */
  offerAgain (): boolean
}

/**
 * Deals again later, in the three cases in which no event triggers it: refused connections, a full wire, and
 * connections that wait for a particular worker.
 */
export class DealLater {
  readonly #parts: DealLaterParts
  readonly #full = new Set<WorkerHandle>()
  #offering: (() => void) | undefined
  #retrying: (() => void) | undefined
  #looking: { at: number, cancel: () => void } | undefined

  constructor (parts: DealLaterParts) {
    this.#parts = parts
  }

  /** Called when every worker has refused a connection, or cannot be asked now. */
  refused (): void {
    this.#offering ??= this.#parts.clock.after(REFUSAL_PAUSE, () => {
      this.#offering = undefined
      if (this.#parts.offerAgain()) this.refused()
    })
  }

  /**
   * Called when a frame could not be sent to the worker. No event reports when a full channel, or the
   * kernel's limit of descriptors in flight, has room again.
   */
  full (worker: WorkerHandle): void {
    this.#full.add(worker)
    this.#retrying ??= this.#parts.clock.after(FULL_PAUSE, () => {
      this.#retrying = undefined
      this.#retry()
    })
  }

  /** Deals after `delay` milliseconds at the latest. */
  within (delay: number, now: number): void {
    if (this.#looking !== undefined && this.#looking.at <= now + delay) return
    this.#looking?.cancel()
    const cancel = this.#parts.clock.after(Math.ceil(delay), () => {
      this.#looking = undefined
      this.#parts.deal()
    })
    this.#looking = { at: now + delay, cancel }
  }

  stop (): void {
    this.#offering?.()
    this.#retrying?.()
    this.#looking?.cancel()
    this.#retry()
  }

  #retry (): void {
    if (this.#full.size === 0) return
    for (const worker of this.#full) worker.retry()
    this.#full.clear()
    this.#parts.onCredit()
  }
}
