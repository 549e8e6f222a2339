import { Tournament } from './tournament.js'

/**
 * The turns of one whose frame was taken back that are made up for, at most: it makes up for a moment
 * in which the system did not run a worker, and does not flood one that was busy. An eighth of the
 * native lane's largest frame.
 */
const MOST_OWED = 8

/** By how much one that is owed a turn comes before others of its rank: ranks are whole numbers. */
const OWED = 0.5

/**
 * Who is next: the one with the least rank, and among equals in turn, in the order of joining. One
 * that is passed over has its turn the next time round. It knows the members and their ranks, and
 * nothing of connections.
 */
export class Scheduler<M> {
  readonly members: M[] = []
  readonly #rank: (member: M) => number
  readonly #looks: number
  readonly #places = new Map<M, number>()
  #ranks = new Tournament(0)
  #turn = 0
  /** The turns that are to be made up for, of those whose turn came to nothing. */
  readonly #owed = new Map<M, number>()
  /** Whose rank is looked at next, should it have changed without a word. */
  #look = 0

  /**
   * @param rank a whole number, or Infinity for one that may not be chosen; {@link changed} is to be called when it changes
   * @param looks how many members are looked at before each choice, in turn, where ranks change without a word
   */
  constructor (rank: (member: M) => number, looks = 0) {
    this.#rank = rank
    this.#looks = looks
  }

  /** Joins behind the others. */
  add (member: M): void {
    // Right before the one whose turn it is, and so the last of this round.
    this.members.splice(this.#turn, 0, member)
    this.#turn = (this.#turn + 1) % this.members.length
    this.#rebuild()
  }

  remove (member: M): void {
    const place = this.#places.get(member)
    if (place === undefined) return
    this.#owed.delete(member)
    this.members.splice(place, 1)
    if (place < this.#turn) this.#turn--
    if (this.#turn === this.members.length) this.#turn = 0
    this.#rebuild()
  }

  /** The member's rank may be another now. */
  changed (member: M): void {
    const place = this.#places.get(member)
    if (place !== undefined) this.#ranks.set(place, this.#rankOf(member))
  }

  /**
   * Its last turn came to nothing: it has one again as soon as it may, before the others of its rank.
   * So it has for those that it misses until then, eight in all at most.
   */
  giveBack (member: M): void {
    if (this.#places.has(member)) this.#owe(member)
  }

  /** Whether anybody has a lesser rank than this. */
  has (below: number): boolean {
    return this.#ranks.least < below
  }

  /** The next one whose rank is less than `below`; undefined when there is none. O(log n), but for those that are owed a turn. */
  next (below = Infinity): M | undefined {
    this.#lookAround()
    if (!this.has(below)) return undefined
    return this.#choose(this.#ranks.first(this.#turn))
  }

  /** As {@link next}, among those that `may`. O(n). */
  nextOf (may: (member: M) => boolean): M | undefined {
    let best = -1
    let least = Infinity
    for (let passed = 0; passed < this.members.length; passed++) {
      const place = (this.#turn + passed) % this.members.length
      const member = this.members[place] as M
      const rank = this.#rankOf(member)
      if (rank < least && may(member)) [best, least] = [place, rank]
    }
    return best === -1 ? undefined : this.#choose(best)
  }

  #choose (place: number): M {
    const member = this.members[place] as M
    if (this.#owed.has(member)) {
      this.#makeUp(member)
    } else {
      const passed = this.#distance(place)
      for (const other of this.#owed.keys()) if (this.#distance(this.#places.get(other) as number) < passed) this.#owe(other)
      this.#turn = (place + 1) % this.members.length
    }
    return member
  }

  /** How many are passed over, from the one whose turn it is. */
  #distance (place: number): number {
    return (place - this.#turn + this.members.length) % this.members.length
  }

  #owe (member: M): void {
    this.#owed.set(member, Math.min((this.#owed.get(member) ?? 0) + 1, MOST_OWED))
    this.changed(member)
  }

  #makeUp (member: M): void {
    const turns = this.#owed.get(member) as number
    if (turns > 1) this.#owed.set(member, turns - 1)
    else this.#owed.delete(member)
    this.changed(member)
  }

  #rankOf (member: M): number {
    return this.#rank(member) - (this.#owed.has(member) ? OWED : 0)
  }

  #lookAround (): void {
    for (let looks = Math.min(this.#looks, this.members.length); looks > 0; looks--) {
      this.#look = (this.#look + 1) % this.members.length
      this.changed(this.members[this.#look] as M)
    }
  }

  #rebuild (): void {
    this.#ranks = new Tournament(this.members.length)
    this.#places.clear()
    this.members.forEach((member, place) => {
      this.#places.set(member, place)
      this.changed(member)
    })
  }
}
