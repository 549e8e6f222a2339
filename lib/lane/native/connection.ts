import net from 'node:net'
import type { Addon } from '../addon.js'
import type { Connection } from '../interface.js'
import type { Lingering } from '../linger.js'

/** An accepted connection: the primary's descriptor, until a worker has taken it. */
export class NativeConnection implements Connection {
  acceptedAt = 0
  note = ''
  readonly #addon: Addon
  readonly #lingering: Lingering
  #fd: number

  constructor (addon: Addon, lingering: Lingering, fd: number) {
    this.#addon = addon
    this.#lingering = lingering
    this.#fd = fd
  }

  get fd (): number {
    return this.#fd
  }

  close (): void {
    this.#addon.close(this.#release())
  }

  end (): void {
    this.#addon.end(this.#release())
  }

  shed (answer: Buffer): void {
    const fd = this.#fd
    try {
      this.#lingering.shed(options => new net.Socket({ fd, ...options }), answer)
      this.#release()
    } catch {
      this.close() // libuv rejects the descriptor
    }
  }

  reset (): void {
    this.#addon.reset(this.#release())
  }

  address (): string | undefined {
    return this.#addon.address(this.#fd)
  }

  /** Returns the descriptor, whose number may be reused from here on. */
  #release (): number {
    const fd = this.#fd
    this.#fd = -1
    return fd
  }
}
