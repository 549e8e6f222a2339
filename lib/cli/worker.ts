import cluster from 'node:cluster'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { AppIsInstanceError } from '../errors.js'
import { sharedPort } from '../plugin.js'
import { markLog } from '../worker-log.js'
import { type Config, CONFIG } from './config.js'
import { fastifyFor } from './create-fastify.js'
import { ListenGuard, onFastify } from './listen-guard.js'
import { type LoadedApp, loadApp } from './load-app.js'
import { endBy, watchExceptions } from './worker-end.js'

// A worker of the command: loads the app, registers the plugin, listens.

const config = JSON.parse(process.env[CONFIG] as string) as Config

watchExceptions()
onFastify(({ log }) => { markLog(log, cluster.worker?.id ?? 0) })
serve().catch(endBy)

async function serve (): Promise<void> {
  const guard = new ListenGuard(config.app, endBy)
  const endGuard = onFastify(fastify => { guard.guard(fastify) })
  const loaded = await loadApp(config.app)
  endGuard()
  const fastify = loaded.instance ?? await fastifyFor(config, loaded.options)
  const listen = guard.serve(fastify)
  fastify.register(sharedPort, config.sharedPort)
  registerApp(fastify, loaded)
  await listen(config.listen)
}

function registerApp (fastify: FastifyInstance, app: LoadedApp): void {
  const { pluginOptions, useAppOptions } = config
  if (app.instance !== undefined) return assertNothingIgnored()
  const options = { ...(useAppOptions && app.options), ...pluginOptions }
  // As in fastify-cli: with skipOverride the app's decorators and hooks are the root's.
  fastify.register('skipOverride' in options && options.skipOverride ? fp(app.plugin) : app.plugin, options)
}

/** @throws SHARED_PORT_ERR_APP_IS_INSTANCE for options that would do nothing */
function assertNothingIgnored (): void {
  const { prefix, ...others } = config.pluginOptions
  const ignored = [
    ...(prefix !== undefined ? ['--prefix'] : []),
    ...(config.useAppOptions ? ['--options'] : []),
    ...(config.bodyLimit !== undefined ? ['--body-limit'] : []),
    ...Object.keys(others).map(name => `-- --${name}`)
  ]
  if (ignored.length > 0) throw new AppIsInstanceError(config.app, ignored.join(', '))
}
