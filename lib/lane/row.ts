/**
 * A worker's line of shared memory, as the primary reads it when the worker is dead. Its worker
 * alone writes it, in native/fd_lane.c (struct row); what stands there is taken for no more than it
 * says about that worker's own frame.
 */
export class Row {
  readonly #words: BigUint64Array

  constructor (memory: ArrayBuffer) {
    this.#words = new BigUint64Array(memory)
  }

  /** Whether the worker had come to this frame. */
  reached (number: number): boolean {
    return this.#words[0] === BigInt(number)
  }

  /** Whether it had taken the connection at this place of the frame that it came to last. */
  took (place: number): boolean {
    return ((this.#words[1] as bigint) >> BigInt(place) & 1n) === 1n
  }
}
