import type { Clock } from '../../platform/clock.js'
import type { OpenFrame, WorkerHandle } from '../workers/worker-handle.js'

/**
 * The most milliseconds until the ack of a worker that has time: it is received and acked in one iteration
 * of the event loop, and one that takes longer is no place for requests that wait.
 */
const PROMPT = 1

/** Milliseconds before a worker whose wire had no room may be sent something again. */
const RETRY = 10

/** The most workers that are asked at a time whether they have time. */
const MOST_ASKED = 4

/**
 * The most connections that a blocked worker returns for one invitation. Few, so that a worker which has
 * time does not get more than it has time for.
 */
const MOST_INVITED = 4

/** Milliseconds after which a worker that has not asked again is not blocked any more. */
const OUTDATED = 100

export interface RescueParts {
  /** A key that the worker serves. */
  keyOf (worker: WorkerHandle): string | undefined
  workers (): readonly WorkerHandle[]
  clock: Clock
}

/**
 * Invites blocked workers to return connections on which requests wait, but only when another worker has
 * shown that it has time: it has acked at once. Where every worker is busy, none is invited, and nothing is
 * moved in vain.
 */
export class Rescue {
  readonly #parts: RescueParts
  /** The workers in which requests wait, and when they said so last, in the order in which they will be invited. */
  readonly #wanting = new Map<WorkerHandle, number>()
  /** The number of the worker that is asked next, in rotation. */
  #turn = 0

  constructor (parts: RescueParts) {
    this.#parts = parts
  }

  /** Requests wait in this worker. Asks others whether they have time, with frames that have no connections. */
  want (worker: WorkerHandle): void {
    const { keyOf, workers, clock } = this.#parts
    const now = clock.now()
    for (const [other, since] of this.#wanting) if (now - since > OUTDATED) this.#wanting.delete(other)
    const before = this.#wanting.get(worker)
    if (before !== undefined && now - before < PROMPT) return // it asks too often
    this.#wanting.set(worker, now)
    const others = workers().filter(other => other.state === 'ready' && other.hasCredit && !this.#wanting.has(other))
    for (let asked = 0; asked < Math.min(MOST_ASKED, others.length); asked++) {
      const other = others[this.#turn++ % others.length] as WorkerHandle
      const key = keyOf(other)
      if (key === undefined || !other.hasCredit) continue
      if (!other.send(key, [], now)) clock.after(RETRY, () => { other.retry() })
    }
  }

  /** To be called for each ack. */
  acked (worker: WorkerHandle, { sentAt }: OpenFrame): void {
    this.#wanting.delete(worker) // its event loop runs again
    if (this.#wanting.size === 0 || worker.state !== 'ready' || this.#parts.clock.now() - sentAt > PROMPT) return
    const first = this.#wanting.keys().next().value as WorkerHandle
    this.#wanting.delete(first)
    first.invite(MOST_INVITED)
  }

  forget (worker: WorkerHandle): void {
    this.#wanting.delete(worker)
  }
}
