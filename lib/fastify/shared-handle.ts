import { AsyncResource } from 'node:async_hooks'
import type { RawHandle, ServerHandle, SocketName } from '../platform/node-internals.js'
import { LONGEST_DELAY } from '../platform/timing.js'

/**
 * Takes the place of the listening handle of a Fastify server. It polls nothing, returns the address that
 * the primary has bound, and keeps the process alive as a listening handle would. Connections are accepted
 * in the async context in which the handle was made, that of listen(), as with a handle of Node.
 */
export class SharedHandle implements ServerHandle {
  /** Set by Node as soon as the server listens on this handle. */
  onconnection: ((status: number, client: RawHandle) => void) | null = null
  /** TCP only, as with Node's handles: `server.address()` tests whether the method exists. */
  readonly getsockname?: (out: Partial<SocketName>) => number
  readonly #context = new AsyncResource('SharedHandle')
  readonly #onClose: () => void
  #alive: NodeJS.Timeout | undefined

  constructor (name: SocketName | string, onClose: () => void) {
    this.#onClose = onClose
    if (typeof name !== 'string') {
      this.getsockname = out => {
        Object.assign(out, name)
        return 0
      }
    }
    this.ref()
  }

  listen (): number {
    return 0
  }

  /** Runs Node's own accept path, which Node has set on this handle. The server cannot tell the difference. */
  accept (client: RawHandle): void {
    if (this.onconnection !== null) this.#context.runInAsyncScope(this.onconnection, this, 0, client)
  }

  close (done?: () => void): void {
    this.unref()
    this.#onClose()
    if (done !== undefined) process.nextTick(done)
  }

  ref (): void {
    this.#alive ??= setInterval(() => {}, LONGEST_DELAY)
  }

  unref (): void {
    clearInterval(this.#alive)
    this.#alive = undefined
  }
}
