/**
 * A worker's row of shared memory: the number of its current frame, the connections in it that it has taken,
 * and the number of connections that it has open. Only its worker writes it (native/fd_lane.c, struct row).
 * The primary reads frame and connections when the worker is dead. The content is untrusted: it only affects
 * this worker's connections.
 */
export class Row {
  readonly #words: BigUint64Array
  /** After the two words. 32 bits, because reading a BigInt would allocate. */
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

  /** Whether this frame is the last one that the worker has received. */
  reached (number: number): boolean {
    return this.#words[0] === BigInt(number)
  }

  /** Whether the worker has taken the connection at this position of its last frame. */
  took (place: number): boolean {
    return ((this.#words[1] as bigint) >> BigInt(place) & 1n) === 1n
  }
}
