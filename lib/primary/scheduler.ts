import type { PolicyName } from '../../types/index.js'

/** Who is next. It knows the members and their order, nothing of connections. */
export interface Scheduler<W> {
  /** Joins behind the others. */
  add (worker: W): void
  remove (worker: W): void
  readonly members: readonly W[]
  /** The next one that may; undefined when none may. */
  next (may: (worker: W) => boolean): W | undefined
}

export function createScheduler<W> (policy: PolicyName): Scheduler<W> {
  return new policies[policy]<W>()
}

/** In turn, in the order of joining. One that may not is passed over, and has its turn the next time round. */
class RoundRobin<W> implements Scheduler<W> {
  readonly members: W[] = []
  #turn = 0

  add (worker: W): void {
    // Behind the others: right before the one whose turn it is, and so the last of this round.
    this.members.splice(this.#turn, 0, worker)
    this.#turn = (this.#turn + 1) % this.members.length
  }

  remove (worker: W): void {
    const place = this.members.indexOf(worker)
    if (place === -1) return
    this.members.splice(place, 1)
    if (place < this.#turn) this.#turn--
    if (this.#turn === this.members.length) this.#turn = 0
  }

  next (may: (worker: W) => boolean): W | undefined {
    const { members } = this
    for (let i = 0, place = this.#turn; i < members.length; i++) {
      const worker = members[place] as W
      place = place + 1 === members.length ? 0 : place + 1
      if (!may(worker)) continue
      this.#turn = place
      return worker
    }
    return undefined
  }
}

const policies = { 'round-robin': RoundRobin }
