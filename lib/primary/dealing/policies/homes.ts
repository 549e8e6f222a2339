/**
 * The number of groups into which clients are divided. All clients of a group have the same home. Enough
 * that each of 64 members gets its share to within a twentieth or so, and few enough that a change of
 * members takes a fraction of a millisecond.
 */
const BUCKETS = 2 ** 14

/**
 * Maps clients to members by rendezvous hashing: a client's home is the member with the highest score for
 * it. A new member takes over only the clients for which its score is the highest, and the clients of a
 * removed member are distributed among the others. All other clients keep their homes. (Thaler and
 * Ravishankar, "Using name-based mappings to increase hit rates", 1998.) The winner of each bucket of
 * clients is stored, so that a lookup costs the same for any number of members.
 */
export class Homes<M> {
  readonly #placeOf: (member: M) => number
  readonly #members = new Set<M>()
  readonly #winners: Array<M | undefined> = new Array(BUCKETS).fill(undefined)

  /** @param placeOf a member's number, which its successor inherits */
  constructor (placeOf: (member: M) => number) {
    this.#placeOf = placeOf
  }

  add (member: M): void {
    this.#members.add(member)
    this.#winners.forEach((winner, bucket) => {
      // `>=`, because a successor has its predecessor's number, and so the same scores.
      if (winner === undefined || this.#score(bucket, member) >= this.#score(bucket, winner)) this.#winners[bucket] = member
    })
  }

  remove (member: M): void {
    if (!this.#members.delete(member)) return
    this.#winners.forEach((winner, bucket) => {
      if (winner === member) this.#winners[bucket] = this.best(bucket, () => true)
    })
  }

  /**
   * @param client a number of 32 bits
   * @returns undefined if there are no members
   */
  of (client: number): M | undefined {
    return this.#winners[client % BUCKETS]
  }

  /**
   * The member with the highest score among those that `may`. If a client's home may not, this is always the
   * same substitute.
   */
  best (client: number, may: (member: M) => boolean): M | undefined {
    let best: M | undefined
    let highest = -1
    for (const member of this.#members) {
      const score = this.#score(client % BUCKETS, member)
      if (score >= highest && may(member)) [best, highest] = [member, score]
    }
    return best
  }

  #score (bucket: number, member: M): number {
    return mix(bucket << 16 ^ this.#placeOf(member))
  }
}

/**
 * Mixes a number so that each of its 32 bits affects all bits of the result: MurmurHash3's finalizer,
 * https://github.com/aappleby/smhasher
 */
function mix (number: number): number {
  let mixed = number
  mixed = Math.imul(mixed ^ mixed >>> 16, 0x85EBCA6B)
  mixed = Math.imul(mixed ^ mixed >>> 13, 0xC2B2AE35)
  return (mixed ^ mixed >>> 16) >>> 0
}
