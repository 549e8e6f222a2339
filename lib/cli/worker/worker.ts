import cluster from 'node:cluster'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { AppIsInstanceError, AppIsReadyError, AppRegistersError, AppReturnsInstanceError } from '../../errors.js'
import { rootOf } from '../../fastify/fastify-internals.js'
import { onFastify } from '../../fastify/on-fastify.js'
import { sharedPort } from '../../plugin.js'
import { type Config, CONFIG } from '../settings/config.js'
import { fastifyFor } from '../app/create-fastify.js'
import { held } from './inspection.js'
import { ListenGuard } from '../app/listen-guard.js'
import { isInstance, type LoadedApp, loadApp } from '../app/load-app.js'
import { locate } from '../app/syntax-errors.js'
import { setTitle } from '../title.js'
import { endBy } from './worker-end.js'

// The entry point of the command's workers: loads the app, registers the plugin, listens.

const config = JSON.parse(process.env[CONFIG] as string) as Config

process.on('SIGUSR2', () => {}) // the primary upgrades, and the signal may have been sent to all processes of a unit
setTitle(config, `worker ${cluster.worker?.id ?? 0}`)
serve().catch(err => {
  const failure = asOfTheApp(err)
  locate(failure)
  endBy(failure)
})

async function serve (): Promise<void> {
  const guard = new ListenGuard(config.app, endBy)
  const endGuard = onFastify(fastify => { guard.guard(fastify) })
  if (held) debugger // eslint-disable-line no-debugger -- what --inspect-brk is for: the app comes next
  const loaded = await loadApp(config.app)
  endGuard()
  const fastify = loaded.instance ?? await fastifyFor(config, loaded.options)
  const listen = guard.serve(fastify)
  register(fastify)
  registerApp(fastify, loaded)
  await listen(config.listen)
}

function register (fastify: FastifyInstance): void {
  try {
    fastify.register(sharedPort, config.sharedPort)
  } catch (err) {
    throw (err as NodeJS.ErrnoException).code === 'AVV_ERR_ROOT_PLG_BOOTED' ? new AppIsReadyError(config.app) : err
  }
}

function registerApp (fastify: FastifyInstance, app: LoadedApp): void {
  const { pluginOptions, useAppOptions, forPlugins } = config
  if (app.instance !== undefined) {
    if (forPlugins.length > 0) throw new AppIsInstanceError(config.app, forPlugins.join(', '))
    return
  }
  const options = { ...(useAppOptions && app.options), ...pluginOptions }
  // As in fastify-cli: with skipOverride, the app's decorators and hooks apply to the root.
  const plugin = refuseInstances(app.plugin)
  fastify.register('skipOverride' in options && options.skipOverride ? fp(plugin) : plugin, options)
}

/** The command has registered the plugin, so if it is registered twice, the app did it. */
function asOfTheApp (err: unknown): unknown {
  const isTwice = (err as NodeJS.ErrnoException | null | undefined)?.code === 'SHARED_PORT_ERR_REGISTERED_TWICE'
  return isTwice ? new AppRegistersError(config.app, { cause: err as Error }) : err
}

/**
 * Rejects a function that returns an instance of its own. It registers nothing on our instance, which would
 * answer every request with 404.
 */
function refuseInstances (plugin: FastifyPluginAsync): FastifyPluginAsync {
  const refuse = (returned: unknown, fastify: FastifyInstance): unknown => {
    if (isInstance(returned) && rootOf(returned) !== rootOf(fastify)) throw new AppReturnsInstanceError(config.app)
    return returned
  }
  const wrapped = (...args: Parameters<FastifyPluginAsync>): unknown => {
    const returned: unknown = plugin(...args)
    return returned instanceof Promise ? returned.then(value => refuse(value, args[0])) : refuse(returned, args[0])
  }
  // Fastify reads the number of parameters, fastify-plugin's symbols, and the name.
  const { length, name } = plugin
  return Object.defineProperties(Object.assign(wrapped, plugin), { length: { value: length }, name: { value: name } }) as FastifyPluginAsync
}
