import type { PolicyName } from '../../types/index.js'

/** Who is next. It knows the members and their order, nothing of connections. */
export interface Scheduler<W> {
  /** Joins behind the others. */
  add (worker: W): void
  remove (worker: W): void
  /**
   * Its last turn came to nothing: it has one again as soon as it may, before the others. So it has
   * for those that it misses until then, eight in all at most.
   */
  giveBack (worker: W): void
  readonly members: readonly W[]
  /** The next one that may; undefined when none may. */
  next (may: (worker: W) => boolean): W | undefined
}

/**
 * What makes up for a moment in which the system did not run a worker, and does not flood one that
 * was busy: an eighth of the native lane's largest frame.
 */
const MOST_OWED = 8

export function createScheduler<W> (policy: PolicyName): Scheduler<W> {
  return new policies[policy]<W>()
}

/** In turn, in the order of joining. One that may not is passed over, and has its turn the next time round. */
class RoundRobin<W> implements Scheduler<W> {
  readonly members: W[] = []
  #turn = 0
  /** The turns that are to be made up for, of those whose turn came to nothing. */
  readonly #owed = new Map<W, number>()

  add (worker: W): void {
    // Behind the others: right before the one whose turn it is, and so the last of this round.
    this.members.splice(this.#turn, 0, worker)
    this.#turn = (this.#turn + 1) % this.members.length
  }

  remove (worker: W): void {
    this.#owed.delete(worker)
    const place = this.members.indexOf(worker)
    if (place === -1) return
    this.members.splice(place, 1)
    if (place < this.#turn) this.#turn--
    if (this.#turn === this.members.length) this.#turn = 0
  }

  giveBack (worker: W): void {
    if (this.members.includes(worker)) this.#owe(worker)
  }

  next (may: (worker: W) => boolean): W | undefined {
    for (const [worker, turns] of this.#owed) {
      if (!may(worker)) continue
      if (turns > 1) this.#owed.set(worker, turns - 1)
      else this.#owed.delete(worker)
      return worker
    }
    const { members } = this
    for (let passed = 0; passed < members.length; passed++) {
      const worker = this.#at(passed)
      if (!may(worker)) continue
      if (this.#owed.size > 0) this.#missed(passed)
      this.#turn = (this.#turn + passed + 1) % members.length
      return worker
    }
    return undefined
  }

  /** So many members are passed over, from the one whose turn it is. */
  #missed (count: number): void {
    for (let passed = 0; passed < count; passed++) if (this.#owed.has(this.#at(passed))) this.#owe(this.#at(passed))
  }

  #owe (worker: W): void {
    this.#owed.set(worker, Math.min((this.#owed.get(worker) ?? 0) + 1, MOST_OWED))
  }

  #at (place: number): W {
    return this.members[(this.#turn + place) % this.members.length] as W
  }
}

const policies = { 'round-robin': RoundRobin }
