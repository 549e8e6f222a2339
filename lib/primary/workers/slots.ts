import type { WorkerHandle } from './worker-handle.js'

/** Milliseconds before a dead worker is replaced: the first delay, and the longest. It doubles in between. */
const FIRST_DELAY = 100
const LONGEST_DELAY = 30_000

/** Milliseconds after which a worker has lived long enough for its slot to start with the first delay again. */
const LONG_LIFE = 60_000

/** A place for one worker, which the supervisor keeps filled. */
export class Slot {
  worker?: WorkerHandle
  /** Takes the worker's place as soon as it is ready. */
  successor?: WorkerHandle
  /** How often a worker of this slot has crashed. */
  crashes = 0
  /** Cancels the pending replacement. */
  cancel?: () => void
  #delay = FIRST_DELAY

  /**
   * @param place the lowest number, from 0 on, that no other slot had when this one was made
   * @param onTrial `scale` has added it, and none of its workers has been ready yet: if its worker fails, the slot goes too
   */
  constructor (readonly place: number, public onTrial: boolean) {}

  has (worker: WorkerHandle): boolean {
    return this.worker === worker || this.successor === worker
  }

  /** Removes a dead worker. Returns whether the slot is empty now. */
  vacate (worker: WorkerHandle): boolean {
    if (this.successor === worker) delete this.successor
    else delete this.worker
    return this.worker === undefined && this.successor === undefined
  }

  /** The next replacement waits for the first delay only. */
  resetDelay (): void {
    this.#delay = FIRST_DELAY
  }

  /** Milliseconds until the worker is replaced. Each failure doubles the next delay. `lived`: milliseconds since the worker was ready. */
  takeDelay (failed: boolean, lived: number): number {
    if (lived >= LONG_LIFE) this.resetDelay()
    if (!failed) return FIRST_DELAY
    const delay = this.#delay
    this.#delay = Math.min(delay * 2, LONGEST_DELAY)
    return delay
  }
}

/** The slots that exist: as many as workers are kept. */
export class Slots {
  readonly all: Slot[] = []

  of (worker: WorkerHandle): Slot | undefined {
    return this.all.find(slot => slot.has(worker))
  }

  add (count: number, onTrial: boolean): Slot[] {
    const added: Slot[] = []
    for (let place = 0; added.length < count; place++) {
      if (this.all.some(slot => slot.place === place)) continue
      const slot = new Slot(place, onTrial)
      this.all.push(slot)
      added.push(slot)
    }
    return added
  }

  remove (slot: Slot): void {
    this.all.splice(this.all.indexOf(slot), 1)
  }

  /**
   * The slots beyond `count`. Slots on trial go first, since their workers may fail and take them along;
   * then slots without a worker, then those with the newest worker.
   */
  surplus (count: number): Slot[] {
    const age = ({ worker }: Slot): number => worker?.id ?? Infinity
    return [...this.all].sort((a, b) => Number(a.onTrial) - Number(b.onTrial) || age(a) - age(b)).slice(count)
  }
}
