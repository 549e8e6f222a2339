import { createRequire } from 'node:module'
import Fastify, { type FastifyInstance, type FastifyPluginAsync, type FastifyServerOptions } from 'fastify'
import fp from 'fastify-plugin'
import { sharedPort } from '../plugin.js'
import { type Channel, post, toNotice } from '../protocol.js'
import { APP_CONFIG, type AppConfig } from './app-config.js'
import { FAILED } from './exit.js'
import { loadApp } from './load-app.js'
import { logStream } from './log.js'

// A worker of the command: loads the app, registers the plugin, listens.

const config = JSON.parse(process.env[APP_CONFIG] as string) as AppConfig

serve().catch(err => {
  // The primary logs it, and ends: this process has no logger that would be sure to work.
  post(process as Channel, { type: 'failed', error: toNotice(err) }, undefined, () => { process.exit(FAILED) })
})

async function serve (): Promise<void> {
  const loaded = await loadApp(config.app)
  const fastify = loaded.instance ?? await createFastify(loaded.options)
  fastify.register(sharedPort, config.sharedPort)
  if (loaded.plugin !== undefined) registerApp(fastify, loaded.plugin, loaded.options)
  await fastify.listen(config.listen)
}

async function createFastify (appOptions: FastifyServerOptions): Promise<FastifyInstance> {
  const { level, pretty, pluginTimeout, bodyLimit, useAppOptions } = config
  const create = appsFastify()
  return create({
    logger: { level, stream: await logStream(pretty) },
    pluginTimeout,
    ...(bodyLimit !== undefined && { bodyLimit }),
    ...(useAppOptions && appOptions)
  })
}

function registerApp (fastify: FastifyInstance, plugin: FastifyPluginAsync, appOptions: object): void {
  const options: Record<string, unknown> = { ...(config.useAppOptions && appOptions), ...config.pluginOptions }
  // As in fastify-cli: with skipOverride the app's decorators and hooks are the root's.
  fastify.register(options['skipOverride'] === true ? fp(plugin) : plugin, options)
}

/** The app's own Fastify, where it has one: its plugins are made for that version. */
function appsFastify (): typeof Fastify {
  try {
    return createRequire(config.app)('fastify') as typeof Fastify
  } catch {
    return Fastify
  }
}
