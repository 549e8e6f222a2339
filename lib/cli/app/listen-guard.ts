import type { FastifyInstance } from 'fastify'
import { AppListensError } from '../../errors.js'

/**
 * Keeps the app from calling listen() itself. While its file loads no instance may: which one is to
 * be served is not known yet. Afterwards all may but that one, which the command calls it for.
 */
export class ListenGuard {
  readonly #onTry: (err: Error) => void
  readonly #app: string
  readonly #guarded = new WeakMap<FastifyInstance, FastifyInstance['listen']>()
  #served: FastifyInstance | undefined

  /**
   * `onTry` is told of a call while the file loads, at once: the app may catch what it gets,
   * and do as it likes. Later it may so too, and is served nevertheless.
   */
  constructor (app: string, onTry: (err: Error) => void) {
    this.#app = app
    this.#onTry = onTry
  }

  guard (fastify: FastifyInstance): void {
    const { listen } = fastify
    this.#guarded.set(fastify, listen)
    fastify.listen = ((...args: Parameters<typeof listen>) => {
      if (this.#served !== undefined && this.#served !== fastify) return listen.apply(fastify, args)
      const err = new AppListensError(this.#app)
      if (this.#served === undefined) this.#onTry(err)
      const done = args.at(-1)
      if (typeof done !== 'function') return Promise.reject(err)
      process.nextTick(done as (err: Error) => void, err)
    }) as typeof listen
  }

  /** The instance's own listen(): from here on it is the one that is served. */
  serve (fastify: FastifyInstance): FastifyInstance['listen'] {
    if (!this.#guarded.has(fastify)) this.guard(fastify)
    this.#served = fastify
    return (this.#guarded.get(fastify) as FastifyInstance['listen']).bind(fastify) as FastifyInstance['listen']
  }
}
