import type { FastifyInstance } from 'fastify'
import { rootOf } from './fastify-internals.js'

/**
 * Runs `first` before `fastify.close()`, however and in whatever context close() is called. Hooks are too
 * late for this: by the time that they run in a worker, Fastify answers 503; and preClose hooks must be done
 * within pluginTimeout.
 *
 * @param first called once, at the first close(); must not reject. If it returns undefined, there is nothing
 * to wait for, and close() runs at once
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
