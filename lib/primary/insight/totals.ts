import type { ReturnCounts } from '../../../types/index.js'
import { ACK_BOUNDS, addBuckets, type Buckets, Histogram, REQUEST_BOUNDS } from '../../histogram.js'
import type { WorkerCounts, WorkerHandle } from '../workers/worker-handle.js'

/** Counters of workers. They only grow. */
export interface Counts {
  handedOff: number
  accepted: number
  refused: number
  takenBack: number
  returned: ReturnCounts
  requests: number
  stalls: number
  fullHandshakes: number
  resumedHandshakes: number
  /** The durations of requests in seconds, if the workers measure them. */
  durations: Buckets
}

const NONE: Counts = {
  handedOff: 0,
  accepted: 0,
  refused: 0,
  takenBack: 0,
  returned: { drain: 0, time: 0, rescue: 0 },
  requests: 0,
  stalls: 0,
  fullHandshakes: 0,
  resumedHandshakes: 0,
  durations: { counts: Array.from({ length: REQUEST_BOUNDS.length + 1 }, () => 0), sum: 0 }
}

/** What a primary has counted since its start. It can be sent to its successor, which goes on from there. */
export interface Counted {
  slots: Array<[slot: number, counts: Counts]>
  reclaimed: number
  ackTimes: Buckets
  shed: number
  restarts: number
  reloads: { completed: number, aborted: number }
}

/**
 * The counts of each slot's workers since the start, including those that have exited, and those of a
 * primary whose place this one has taken.
 */
export class Totals {
  /** What the former primary has counted. */
  former: Counted = { slots: [], reclaimed: 0, ackTimes: { counts: ACK_BOUNDS.concat(0).map(() => 0), sum: 0 }, shed: 0, restarts: 0, reloads: { completed: 0, aborted: 0 } }
  #reclaimed = 0
  readonly #gone = new Map<number, Counts>()
  readonly #ackTimes = new Histogram(ACK_BOUNDS)

  /** To be called when a worker has exited. */
  add (worker: WorkerHandle): void {
    this.#gone.set(worker.place, addCounts(this.#gone.get(worker.place) ?? NONE, countsOf(worker.counts)))
  }

  /** Connections that workers had been sent and had not taken when they died. Other workers got them. */
  get reclaimed (): number {
    return this.former.reclaimed + this.#reclaimed
  }

  reclaim (count: number): void {
    this.#reclaimed += count
  }

  /** Records that a frame was acked this many milliseconds after it was sent. */
  acked (after: number): void {
    this.#ackTimes.add(after / 1_000)
  }

  /** Histogram of the seconds between sending a frame and its ack. */
  get ackTimes (): Buckets {
    return addBuckets(this.former.ackTimes, this.#ackTimes)
  }

  /** By the number of the slot. */
  bySlot (living: readonly WorkerHandle[]): Map<number, Counts> {
    const slots = new Map(this.former.slots)
    for (const [place, counts] of this.#gone) slots.set(place, addCounts(slots.get(place) ?? NONE, counts))
    for (const worker of living) slots.set(worker.place, addCounts(slots.get(worker.place) ?? NONE, countsOf(worker.counts)))
    return slots
  }

  all (living: readonly WorkerHandle[]): Counts {
    return [...this.bySlot(living).values()].reduce(addCounts, NONE)
  }
}

function countsOf ({ handshakes, durations = NONE.durations, ...counts }: WorkerCounts): Counts {
  return { ...counts, fullHandshakes: handshakes.full, resumedHandshakes: handshakes.resumed, durations }
}

function addCounts (a: Counts, b: Counts): Counts {
  return {
    handedOff: a.handedOff + b.handedOff,
    accepted: a.accepted + b.accepted,
    refused: a.refused + b.refused,
    takenBack: a.takenBack + b.takenBack,
    returned: { drain: a.returned.drain + b.returned.drain, time: a.returned.time + b.returned.time, rescue: a.returned.rescue + b.returned.rescue },
    requests: a.requests + b.requests,
    stalls: a.stalls + b.stalls,
    fullHandshakes: a.fullHandshakes + b.fullHandshakes,
    resumedHandshakes: a.resumedHandshakes + b.resumedHandshakes,
    durations: addBuckets(a.durations, b.durations)
  }
}
