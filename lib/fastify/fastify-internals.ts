import type { FastifyInstance } from 'fastify'
import type { SocketName } from '../platform/node-internals.js'

// The private parts of Fastify that the project uses, with the reason why each can be relied on. npm run
// test:matrix tests them with the version of Fastify that is installed.

/**
 * The instance that Fastify() returned, which owns listen() and close(). Every context inherits from it,
 * since Fastify makes contexts with Object.create() (its lib/plugin-override.js).
 */
export function rootOf (fastify: FastifyInstance): FastifyInstance {
  const above = Object.getPrototypeOf(fastify) as FastifyInstance
  return 'listen' in above ? rootOf(above) : fastify
}

/**
 * Adds an address to `fastify.addresses()`: the second one of `localhost`, for which Fastify opens a second
 * server in a single process, or another place that the command listens on. Only `addresses()` reads this list.
 */
export function addBinding (fastify: FastifyInstance, name: SocketName | string): void {
  const root = rootOf(fastify)
  const bindings = hidden(root, 'fastify.serverBindings') as Array<{ address (): SocketName | string | null }> | undefined
  bindings?.push({ address: () => root.server.listening ? name : null })
}

/** A preClose hook of the app, with the context that becomes its `this`. */
export interface PreCloseHook { context: FastifyInstance, run: (done: (err?: Error) => void) => unknown }

/**
 * The instance that Fastify() returned and the contexts of all its plugins, in the order in which Fastify
 * itself visits them (hookRunnerApplication in its lib/hooks.js). The event 'onRegister' would miss the
 * contexts that were made before the listener was added.
 */
export function contextsOf (root: FastifyInstance): FastifyInstance[] {
  const children = (hidden(root, 'fastify.children') ?? []) as FastifyInstance[]
  return [root, ...children.flatMap(contextsOf)]
}

/**
 * Removes the preClose hooks from the app and returns them in the order in which Fastify would run them. The
 * caller has to run them, because `fastify.close()` finds none. The lists are read now, rather than
 * collected by wrapping addHook(), because an app that makes its instance before it loads the plugin may
 * have added hooks already. No hook can be added once Fastify is ready. Returns undefined if this Fastify
 * version keeps the hooks elsewhere.
 */
export function takePreCloseHooks (root: FastifyInstance): PreCloseHook[] | undefined {
  const lists = contextsOf(root).map(context => ({
    context,
    hooks: (hidden(context, 'fastify.hooks') as { preClose?: Array<PreCloseHook['run']> } | undefined)?.preClose
  }))
  if (!lists.every(({ hooks }) => Array.isArray(hooks))) return undefined // before any hook is removed, or it would be lost
  return lists.flatMap(({ context, hooks = [] }) => hooks.splice(0).map(run => ({ context, run })))
}

/** The value that Fastify keeps under a private symbol. */
function hidden (context: FastifyInstance, description: string): unknown {
  const key = Object.getOwnPropertySymbols(context).find(symbol => symbol.description === description)
  return key === undefined ? undefined : Reflect.get(context, key)
}
