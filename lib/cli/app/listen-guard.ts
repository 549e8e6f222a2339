import type { FastifyInstance } from 'fastify'
import { AppListensError } from '../../errors.js'

/**
 * Prevents the app from calling listen() itself. While its file loads, no instance may listen, since it is
 * not known yet which one will be served. Afterwards all may, except the served one: the command calls
 * listen() for it.
 */
export class ListenGuard {
  readonly #onTry: (err: Error) => void
  readonly #app: string
  readonly #guarded = new WeakMap<FastifyInstance, FastifyInstance['listen']>()
  #served: FastifyInstance | undefined

  /**
   * `onTry` is called at once for a call of listen() while the file loads, because the app may catch the
   * error and carry on. If the app catches the error of a later call, it is served nevertheless.
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

  /** Marks the instance as the served one, and returns its original listen(). */
  serve (fastify: FastifyInstance): FastifyInstance['listen'] {
    if (!this.#guarded.has(fastify)) this.guard(fastify)
    this.#served = fastify
    return (this.#guarded.get(fastify) as FastifyInstance['listen']).bind(fastify) as FastifyInstance['listen']
  }
}
