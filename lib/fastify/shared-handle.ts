import { AsyncResource } from 'node:async_hooks'
import type { RawHandle, ServerHandle, SocketName } from '../platform/node-internals.js'

/** The longest interval that a Node timer takes, in milliseconds. */
const LONGEST_INTERVAL = 2 ** 31 - 1

/**
 * What a Fastify server has in the place of a listening handle: it polls nothing, answers for the
 * address that the primary bound, and keeps the process alive as a listening handle would. Connections
 * come in the async context that it was made in, which is that of listen(): so it is with a handle of Node's.
 */
export class SharedHandle implements ServerHandle {
  /** Node's own: set as soon as the server listens on this handle. */
  onconnection: ((status: number, client: RawHandle) => void) | null = null
  /** TCP only, as with Node's handles: `server.address()` asks whether it is there. */
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

  /** Node's own accept path, set by Node itself on this handle: the server cannot tell. */
  accept (client: RawHandle): void {
    if (this.onconnection !== null) this.#context.runInAsyncScope(this.onconnection, this, 0, client)
  }

  close (done?: () => void): void {
    this.unref()
    this.#onClose()
    if (done !== undefined) process.nextTick(done)
  }

  ref (): void {
    this.#alive ??= setInterval(() => {}, LONGEST_INTERVAL)
  }

  unref (): void {
    clearInterval(this.#alive)
    this.#alive = undefined
  }
}
