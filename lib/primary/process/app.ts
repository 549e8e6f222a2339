import type { FastifyInstance } from 'fastify'
import { beforeClose } from '../../fastify/close.js'
import type { SocketName } from '../../platform/node-internals.js'
import type { Share } from '../../fastify/listen.js'
import type { ListenTarget } from '../../fastify/listen-target.js'

/** The functions of the primary that an app uses. */
export interface AppParts {
  /** Opens the admin server and the control socket. First, because if that fails, no key has been used up. */
  open (): Promise<void>
  nextKey (target: ListenTarget): string
  listen (key: string, target: ListenTarget): Promise<Array<SocketName | string>>
  /** Resolves when the last connection for the key is closed, in all workers. */
  close (key: string): Promise<void>
  /** Runs the app's preClose hooks. */
  preClose (fastify: FastifyInstance): Promise<void>
}

/** A Fastify instance in the primary. It serves nothing itself: its listen() and close() act for the workers. */
export class App implements Share {
  readonly #fastify: FastifyInstance
  readonly #parts: AppParts
  #key: string | undefined
  #preClosed: Promise<void> | undefined

  constructor (fastify: FastifyInstance, parts: AppParts) {
    this.#fastify = fastify
    this.#parts = parts
    beforeClose(fastify, () => this.#key === undefined ? undefined : this.#close(this.#key))
  }

  /** Called when the server begins to stop. The app's close() comes at the end of that. */
  stopping (): void {
    if (this.#key !== undefined) this.#preClose()
  }

  async attach (target: ListenTarget): Promise<Array<SocketName | string>> {
    await this.#parts.open()
    this.#key = this.#parts.nextKey(target)
    return await this.#parts.listen(this.#key, target)
  }

  listening (): void {}

  /** Called by close(), or when the app calls server.close(). */
  detach (): void {
    if (this.#key !== undefined) this.#parts.close(this.#key)
  }

  async #close (key: string): Promise<void> {
    await Promise.all([this.#preClose(), this.#parts.close(key)])
  }

  async #preClose (): Promise<void> {
    this.#preClosed ??= this.#parts.preClose(this.#fastify)
    await this.#preClosed
  }
}
