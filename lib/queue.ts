/** A queue to whose head items can be returned, in order. */
export class Queue<T> {
  #items: T[] = []
  #head = 0

  get size (): number {
    return this.#items.length - this.#head
  }

  /** Adds to the tail. */
  push (item: T): void {
    this.#items.push(item)
  }

  /** The item at the head. */
  first (): T | undefined {
    return this.#items[this.#head]
  }

  /** Removes the item at the head. */
  shift (): T | undefined {
    if (this.size === 0) return undefined
    const item = this.#items[this.#head]
    this.#items[this.#head++] = undefined as T // release the reference
    if (this.#head === this.#items.length) {
      this.#items.length = this.#head = 0
    } else if (this.#head * 2 > this.#items.length) {
      this.#items.splice(0, this.#head)
      this.#head = 0
    }
    return item
  }

  /** Adds to the head, so that the first of the items becomes the next one. */
  unshift (items: readonly T[]): void {
    if (items.length > this.#head) {
      this.#items = items.concat(this.#items.slice(this.#head))
      this.#head = 0
      return
    }
    this.#head -= items.length
    for (let i = 0; i < items.length; i++) this.#items[this.#head + i] = items[i] as T
  }

  /** The item at the tail. */
  last (): T | undefined {
    return this.#items.at(-1)
  }

  /** Removes the item at the tail. */
  pop (): T | undefined {
    return this.size === 0 ? undefined : this.#items.pop()
  }

  /** Removes and returns the matching items. The order is preserved. */
  drop (matches: (item: T) => boolean): T[] {
    const dropped: T[] = []
    this.#items = this.drain().filter(item => {
      if (!matches(item)) return true
      dropped.push(item)
      return false
    })
    return dropped
  }

  /** Removes and returns all items, in order. */
  drain (): T[] {
    const items = this.#items.slice(this.#head)
    this.#items = []
    this.#head = 0
    return items
  }
}
