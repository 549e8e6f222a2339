import type { FastifyInstance } from 'fastify'
import { beforeClose } from '../../fastify/close.js'
import type { SocketName } from '../../platform/node-internals.js'
import type { Share } from '../../fastify/listen.js'
import type { ListenTarget } from '../../fastify/listen-target.js'

/** What one app needs of its primary. */
export interface AppParts {
  /** Lets operators in: first, since what fails there has used no key up. */
  open (): Promise<void>
  nextKey (target: ListenTarget): string
  listen (key: string, target: ListenTarget): Promise<Array<SocketName | string>>
  /** Resolves when the last connection for the key is closed, in all workers. */
  close (key: string): Promise<void>
  /** Runs the app's preClose hooks. */
  preClose (fastify: FastifyInstance): Promise<void>
}

/** One Fastify instance in the primary: it serves nothing itself, but its listen() and close() do it for the workers. */
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

  /** The server begins to stop, of which close() is the end. */
  stopping (): void {
    if (this.#key !== undefined) this.#preClose()
  }

  async attach (target: ListenTarget): Promise<Array<SocketName | string>> {
    await this.#parts.open()
    this.#key = this.#parts.nextKey(target)
    return await this.#parts.listen(this.#key, target)
  }

  listening (): void {}

  /** By close(), or by the app's own server.close(). */
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
