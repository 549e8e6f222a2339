/**
 * A worker's line of shared memory: which frame it is in and what it has taken of it, which the
 * primary reads when the worker is dead and which native/fd_lane.c writes (struct row), and how many
 * connections it has open. Its worker alone writes it; what stands there is taken for no more than
 * it says about that worker.
 */
export class Row {
  readonly #words: BigUint64Array
  /** Behind them; of 32 bits, since to read one of 64 would allocate. */
  readonly #open: Uint32Array

  constructor (memory: ArrayBuffer) {
    this.#words = new BigUint64Array(memory, 0, 2)
    this.#open = new Uint32Array(memory, this.#words.byteLength, 1)
  }

  get open (): number {
    return this.#open[0] as number
  }

  set open (count: number) {
    this.#open[0] = count
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
