/**
 * As many kinds of clients, each of which has one home: enough that each of 64 members has its share
 * within a twentieth or so, and few enough that a change takes a fraction of a millisecond.
 */
const BUCKETS = 2 ** 14

/**
 * Which member is a client's home, by rendezvous hashing: the one with the highest score for this
 * client. A member that comes takes only the clients for which its score is the highest, and one that
 * goes leaves its own to others; nobody else moves. (Thaler and Ravishankar, "Using name-based
 * mappings to increase hit rates", 1998.) The winners are kept for each bucket of clients, so that
 * looking one up costs the same for any number of members.
 */
export class Homes<M> {
  readonly #placeOf: (member: M) => number
  readonly #members = new Set<M>()
  readonly #winners: Array<M | undefined> = new Array(BUCKETS).fill(undefined)

  /** @param placeOf a member's number, which its successor takes over */
  constructor (placeOf: (member: M) => number) {
    this.#placeOf = placeOf
  }

  add (member: M): void {
    this.#members.add(member)
    this.#winners.forEach((winner, bucket) => {
      // A successor has its predecessor's place, and so its scores.
      if (winner === undefined || this.#score(bucket, member) >= this.#score(bucket, winner)) this.#winners[bucket] = member
    })
  }

  remove (member: M): void {
    if (!this.#members.delete(member)) return
    this.#winners.forEach((winner, bucket) => {
      if (winner === member) this.#winners[bucket] = this.best(bucket, () => true)
    })
  }

  /** @param client a number of 32 bits; undefined where nobody is there */
  of (client: number): M | undefined {
    return this.#winners[client % BUCKETS]
  }

  /** The one with the highest score among those that `may`: where a client's home may not, always the same other. */
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

/** A number of 32 bits of which each bit depends on each of the given one: MurmurHash3's finalizer, https://github.com/aappleby/smhasher */
function mix (number: number): number {
  let mixed = number
  mixed = Math.imul(mixed ^ mixed >>> 16, 0x85EBCA6B)
  mixed = Math.imul(mixed ^ mixed >>> 13, 0xC2B2AE35)
  return (mixed ^ mixed >>> 16) >>> 0
}
