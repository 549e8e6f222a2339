import type { Clock } from '../../platform/clock.js'
import type { WorkerHandle } from '../workers/worker-handle.js'

/** Milliseconds until workers that refused connections are offered them again, when no other worker is left. */
const REFUSAL_PAUSE = 100

/** Milliseconds until a worker whose wire was full is sent something again. */
const FULL_PAUSE = 10

export interface DealLaterParts {
  clock: Clock
  deal (): void
  /** Workers have credit again, for whatever key. */
  onCredit (): void
  /** Refused connections may be offered again. Returns whether some still wait after that. */
  offerAgain (): boolean
}

/** Deals again later, in the three cases in which no event says when: refused connections, a full wire, connections that wait for a certain worker. */
export class DealLater {
  readonly #parts: DealLaterParts
  readonly #full = new Set<WorkerHandle>()
  #offering: (() => void) | undefined
  #retrying: (() => void) | undefined
  #looking: { at: number, cancel: () => void } | undefined

  constructor (parts: DealLaterParts) {
    this.#parts = parts
  }

  /** Every worker has refused some connections, or cannot be asked now. */
  refused (): void {
    this.#offering ??= this.#parts.clock.after(REFUSAL_PAUSE, () => {
      this.#offering = undefined
      if (this.#parts.offerAgain()) this.refused()
    })
  }

  /** The worker could not be sent a frame: nothing says when a full channel, or the kernel's count of descriptors in flight, has room again. */
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
