import inspector from 'node:inspector'
import { createRequire } from 'node:module'
import type { fastify as createFastify, FastifyInstance, FastifyServerOptions } from 'fastify'
import type { Config } from '../settings/config.js'
import { workerStream } from '../log.js'

/**
 * Creates the Fastify instance for an app that is a plugin. With --options, the options that the app exports
 * override our defaults, and explicit settings override both.
 */
export async function fastifyFor (config: Config, appOptions: FastifyServerOptions): Promise<FastifyInstance> {
  const { pluginTimeout, asked: { logLevel, ...asked }, useAppOptions } = config
  const theirs = useAppOptions ? appOptions : {}
  return requireFastify(config.app)({
    pluginTimeout,
    ...theirs,
    ...asked,
    ...(inspector.url() !== undefined && { pluginTimeout: 0 }), // a debugger may hold up the app's plugins
    ...(theirs.loggerInstance === undefined && { logger: await loggerOptions(config, theirs.logger) })
  })
}

/**
 * The app's logger options, on top of ours. Ours are the name, the level (which overrides the app's if it
 * was set explicitly) and the stream (unless the app's logger writes elsewhere).
 */
async function loggerOptions ({ level, pretty, name, asked: { logLevel } }: Config, theirs: FastifyServerOptions['logger'] = true): Promise<FastifyServerOptions['logger']> {
  if (theirs === false) return false
  const options = theirs === true ? {} : theirs
  const elsewhere = ['stream', 'file', 'transport'].some(name => name in options)
  return { level, ...(name !== undefined && { name }), ...(!elsewhere && { stream: await workerStream(pretty) }), ...options, ...(logLevel !== undefined && { level: logLevel }) }
}

/** The app's own Fastify, if it has one, because its plugins are made for that version. */
function requireFastify (app: string): typeof createFastify {
  const theirs = createRequire(app)
  const require = resolves(theirs) ? theirs : createRequire(import.meta.url)
  return require('fastify') as typeof createFastify
}

function resolves (require: NodeJS.Require): boolean {
  try {
    return require.resolve('fastify') !== undefined
  } catch {
    return false
  }
}
