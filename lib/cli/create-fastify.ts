import { createRequire } from 'node:module'
import type { fastify as createFastify, FastifyInstance, FastifyServerOptions } from 'fastify'
import type { Config } from './config.js'
import { workerStream } from './log.js'

/** The Fastify instance for an app that is a plugin. With --options, what the app exports comes first, as in fastify-cli. */
export async function fastifyFor (config: Config, appOptions: FastifyServerOptions): Promise<FastifyInstance> {
  const { pluginTimeout, bodyLimit, useAppOptions } = config
  const theirs = useAppOptions ? appOptions : {}
  return requireFastify(config.app)({
    pluginTimeout,
    ...(bodyLimit !== undefined && { bodyLimit }),
    ...theirs,
    ...(theirs.loggerInstance === undefined && { logger: await loggerOptions(config, theirs.logger) })
  })
}

/** The app's logger options, over ours: the level, and the stream unless it has another place to write to. */
async function loggerOptions ({ level, pretty }: Config, theirs: FastifyServerOptions['logger'] = true): Promise<FastifyServerOptions['logger']> {
  if (theirs === false) return false
  const options = theirs === true ? {} : theirs
  const elsewhere = ['stream', 'file', 'transport'].some(name => name in options)
  return { level, ...(!elsewhere && { stream: await workerStream(pretty) }), ...options }
}

/** The app's own Fastify, where it has one: its plugins are made for that version. */
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
