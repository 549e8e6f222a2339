import { Tournament } from './tournament.js'

/**
 * The most turns that a worker can be owed after frames were taken back from it. This compensates for a
 * moment in which the system did not run the worker, without flooding a worker that was busy. An eighth of
 * the native lane's largest frame.
 */
const MOST_OWED = 8

/**
 * Subtracted from the rank of a member that is owed a turn. Ranks are whole numbers, so it comes first among
 * equals only.
 */
const OWED = 0.5

/**
 * Chooses the next member: the one with the lowest rank, and among equals in turn, in the order of joining.
 * A member that is skipped gets its turn in the next round. The scheduler knows the members and their ranks,
 * and nothing about connections.
 */
export class Scheduler<M> {
  readonly members: M[] = []
  readonly #rank: (member: M) => number
  readonly #looks: number
  readonly #places = new Map<M, number>()
  #ranks = new Tournament(0)
  #turn = 0
  /** The number of turns owed to each member whose turns came to nothing. */
  readonly #owed = new Map<M, number>()
  /** The member whose rank is read next, in case it has changed without {@link changed}. */
  #look = 0

  /**
   * @param rank a whole number, or Infinity if the member may not be chosen; call {@link changed} when it
   * changes
   * @param looks the number of members whose ranks are read before each choice, in rotation, if ranks change
   * without a call of {@link changed}
   */
  constructor (rank: (member: M) => number, looks = 0) {
    this.#rank = rank
    this.#looks = looks
  }

  /** Adds a member behind the others. */
  add (member: M): void {
    // Just before the member whose turn it is, so that it is the last of this round.
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

  /** To be called when the member's rank may have changed. */
  changed (member: M): void {
    const place = this.#places.get(member)
    if (place !== undefined) this.#ranks.set(place, this.#rankOf(member))
  }

  /**
   * Records that the member's last turn came to nothing. It gets another one as soon as it may, before the
   * others of its rank, and so it does for the turns that it misses until then, up to MOST_OWED.
   */
  giveBack (member: M): void {
    if (this.#places.has(member)) this.#owe(member)
  }

  /** Whether any member's rank is lower than this. */
  has (below: number): boolean {
    return this.#ranks.least < below
  }

  /**
   * The next member whose rank is lower than `below`. Undefined if there is none. O(log n), apart from
   * members that are owed a turn.
   */
  next (below = Infinity): M | undefined {
    this.#lookAround()
    if (!this.has(below)) return undefined
    return this.#choose(this.#ranks.first(this.#turn))
  }

  /** Like {@link next}, but only among the members that `may`. O(n). */
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

  /** The number of members between the one whose turn it is and this one. */
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
