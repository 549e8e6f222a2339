import type { FastifyInstance } from 'fastify'
import { rootOf } from '../platform/node-internals.js'

/**
 * Puts `first` before `fastify.close()`, in every form of it and in whatever context it is called.
 * Not as a hook: in a worker Fastify answers 503 by the time that those run, and preClose hooks have
 * to be done within pluginTimeout.
 *
 * @param first called once, at the first close(); must not reject. Undefined: there is nothing to wait for, and
 * close() does at once what it does without us
 */
export function beforeClose (fastify: FastifyInstance, first: () => Promise<void> | undefined | void): void {
  const root = rootOf(fastify)
  const close = root.close.bind(root) as (done?: () => void) => Promise<undefined>
  let begun = false
  let closing: Promise<void> | undefined
  root.close = ((done?: () => void) => {
    if (done && typeof done !== 'function') return close(done) // which throws
    if (!begun) {
      begun = true
      closing = (first() as Promise<void> | undefined)?.finally(() => { closing = undefined })
    }
    if (closing === undefined) return close(done)
    if (!done) return closing.then(async () => await close())
    closing.then(() => { close(done) })
    return root
  }) as FastifyInstance['close']
}
