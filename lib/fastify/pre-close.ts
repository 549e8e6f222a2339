import type { FastifyInstance } from 'fastify'
import { type PreCloseHook, rootOf, takePreCloseHooks } from './fastify-internals.js'
import type { SafeLog } from './safe-log.js'
import { within } from '../platform/within.js'

/**
 * Runs the app's preClose hooks one after another, as Fastify does: with their context as `this`, by
 * callback or promise. Fastify would run them in `fastify.close()`, and does not run them again. The hooks
 * end connections that would keep the server from closing (server-sent events, WebSockets), so they belong
 * at the beginning of a drain, while `fastify.close()` belongs at its end.
 *
 * A hook that fails is logged, and the others still run. A hook that is not done within `pluginTimeout`, or
 * when `grace` is over, is logged and no longer waited for.
 *
 * @param grace milliseconds for all of them together
 */
export async function runPreClose (fastify: FastifyInstance, grace: number, log: SafeLog): Promise<void> {
  const root = rootOf(fastify)
  const hooks = takePreCloseHooks(root)
  if (hooks === undefined) {
    log.warn({ event: 'pre-close' }, 'preClose hooks cannot run at the beginning of a drain with this version of Fastify: they run at its end')
    return
  }
  const { pluginTimeout = 0 } = root.initialConfig
  const deadline = performance.now() + grace
  for (const hook of hooks) {
    const left = Math.max(0, deadline - performance.now())
    try {
      const time = pluginTimeout > 0 ? Math.min(pluginTimeout, left) : left
      if (!await within(time, run(hook))) throw new Error(`not finished after ${Math.round(time)} ms`)
    } catch (err) {
      log.error({ event: 'pre-close', err }, 'a preClose hook failed')
    }
  }
}

async function run ({ context, run }: PreCloseHook): Promise<void> {
  await new Promise<unknown>((resolve, reject) => {
    const done = (err?: Error): void => { err == null ? resolve(undefined) : reject(err) }
    // Fastify tells the two styles apart in the same way, by the number of parameters.
    if (run.length === 1) run.call(context, done)
    else resolve((run as () => unknown).call(context))
  })
}
