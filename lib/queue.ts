/** A queue that also takes back at its head, in order. */
export class Queue<T> {
  #items: T[] = []
  #head = 0

  get size (): number {
    return this.#items.length - this.#head
  }

  /** To the tail. */
  push (item: T): void {
    this.#items.push(item)
  }

  /** The next one. */
  first (): T | undefined {
    return this.#items[this.#head]
  }

  /** From the head. */
  shift (): T | undefined {
    if (this.size === 0) return undefined
    const item = this.#items[this.#head]
    this.#items[this.#head++] = undefined as T // let go of it
    if (this.#head === this.#items.length) {
      this.#items.length = this.#head = 0
    } else if (this.#head * 2 > this.#items.length) {
      this.#items.splice(0, this.#head)
      this.#head = 0
    }
    return item
  }

  /** To the head, so that the first of them is the next. */
  unshift (items: readonly T[]): void {
    if (items.length > this.#head) {
      this.#items = items.concat(this.#items.slice(this.#head))
      this.#head = 0
      return
    }
    this.#head -= items.length
    for (let i = 0; i < items.length; i++) this.#items[this.#head + i] = items[i] as T
  }

  /** The one that came last. */
  last (): T | undefined {
    return this.#items.at(-1)
  }

  /** From the tail. */
  pop (): T | undefined {
    return this.size === 0 ? undefined : this.#items.pop()
  }

  /** Takes those out for which this holds; they and the others keep their order. */
  drop (matches: (item: T) => boolean): T[] {
    const dropped: T[] = []
    this.#items = this.drain().filter(item => {
      if (!matches(item)) return true
      dropped.push(item)
      return false
    })
    return dropped
  }

  /** All of them, in order; the queue is empty then. */
  drain (): T[] {
    const items = this.#items.slice(this.#head)
    this.#items = []
    this.#head = 0
    return items
  }
}
