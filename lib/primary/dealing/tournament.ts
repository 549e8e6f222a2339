/**
 * Keys by place (0, 1, 2, ...), with the lowest one always known: a binary tree in which each node has the
 * lower key of its two children. Changes and searches cost O(log n), and allocate nothing.
 */
export class Tournament {
  /** The node at `i` has its children at `2 * i` and `2 * i + 1`. The places are the leaves, in the second half. */
  readonly #keys: Float64Array
  readonly #leaves: number

  /** All keys are Infinity at first. */
  constructor (places: number) {
    this.#leaves = 2 ** Math.ceil(Math.log2(Math.max(places, 1)))
    this.#keys = new Float64Array(2 * this.#leaves).fill(Infinity)
  }

  get least (): number {
    return this.#keys[1] as number
  }

  set (place: number, key: number): void {
    const keys = this.#keys
    let node = this.#leaves + place
    if (keys[node] === key) return
    keys[node] = key
    for (node >>= 1; node >= 1; node >>= 1) keys[node] = Math.min(keys[2 * node] as number, keys[2 * node + 1] as number)
  }

  /** The first place with the lowest key, searching from `from` to the end and then from 0. `least` must be finite. */
  first (from: number): number {
    const { least } = this
    let node = this.#leaves + from
    if (this.#keys[node] === least) return from
    // Go up until a node to the right has the key. Past the end, take the first one of all.
    while (node > 1 && (node % 2 === 1 || this.#keys[node + 1] !== least)) node >>= 1
    node = node > 1 ? node + 1 : 1
    while (node < this.#leaves) node = 2 * node + (this.#keys[2 * node] === least ? 0 : 1)
    return node - this.#leaves
  }
}
