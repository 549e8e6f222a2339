import type { FastifyInstance } from 'fastify'
import { rootOf } from './internals.js'

/**
 * Puts `first` before `fastify.close()`, in every form of it and in whatever context it is called.
 * Not as a hook: in a worker Fastify answers 503 by the time that those run, and preClose hooks have
 * to be done within pluginTimeout.
 *
 * @param first called once, at the first close(); must not reject
 */
export function beforeClose (fastify: FastifyInstance, first: () => Promise<void>): void {
  const root = rootOf(fastify)
  const close = root.close.bind(root) as (done?: () => void) => Promise<undefined>
  let closing: Promise<void> | undefined
  root.close = ((done?: () => void) => {
    closing ??= first()
    if (done === undefined) return closing.then(async () => await close())
    closing.then(() => { close(done) })
    return root
  }) as FastifyInstance['close']
}
