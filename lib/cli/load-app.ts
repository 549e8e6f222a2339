import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createRequire } from 'node:module'
import { extname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import type { FastifyInstance, FastifyPluginAsync, FastifyServerOptions } from 'fastify'
import { AppExportsError, AppFailedError, AppListensError } from '../errors.js'

/** What an app's file turned out to be: a plugin or an instance, and the Fastify options beside it. */
export interface LoadedApp {
  plugin?: FastifyPluginAsync
  instance?: FastifyInstance
  options: FastifyServerOptions
}

/** What Fastify publishes whenever an instance is made: https://fastify.dev/docs/latest/Reference/Hooks/#diagnostics-channel-hooks */
const INITIALIZATION = 'fastify.initialization'

/**
 * Loads an app.
 * @throws SHARED_PORT_ERR_APP_FAILED with what it threw as the cause
 * @throws SHARED_PORT_ERR_APP_LISTENS
 * @throws SHARED_PORT_ERR_APP_EXPORTS
 */
export async function loadApp (path: string): Promise<LoadedApp> {
  const listens = forbidListen(path)
  try {
    const exported = await importApp(path)
    if (listens.tried) throw new AppListensError(path)
    return readExports(path, exported)
  } catch (err) {
    if (listens.tried) throw new AppListensError(path)
    throw err
  } finally {
    listens.allow()
  }
}

async function importApp (path: string): Promise<Record<string, unknown>> {
  try {
    // tsx on Node 20 takes a .cts by require() alone.
    if (extname(path) === '.cts') return { default: createRequire(import.meta.url)(path) }
    return await import(pathToFileURL(path).href)
  } catch (err) {
    throw new AppFailedError(path, { cause: err })
  }
}

function readExports (path: string, exported: Record<string, unknown>): LoadedApp {
  // CommonJS, and TypeScript that became it, has the exports one level further down.
  const inner = exported['default'] as { default?: unknown, options?: FastifyServerOptions } | undefined
  const app = isApp(inner) ? inner : inner?.default
  const options = (exported['options'] ?? inner?.options ?? {}) as FastifyServerOptions
  if (isInstance(app)) return { instance: app, options }
  if (typeof app === 'function') return { plugin: app as FastifyPluginAsync, options }
  throw new AppExportsError(path, describeExports(exported))
}

function isApp (value: unknown): boolean {
  return typeof value === 'function' || isInstance(value)
}

function isInstance (value: unknown): value is FastifyInstance {
  const { register, listen, server } = (value ?? {}) as Partial<FastifyInstance>
  return typeof register === 'function' && typeof listen === 'function' && server !== undefined
}

function describeExports (exported: Record<string, unknown>): string {
  const names = Object.keys(exported).filter(name => name !== 'module.exports')
  if (names.length === 0) return 'nothing'
  return names.map(name => `${name} (${inspect(exported[name], { depth: 0 })})`).join(', ')
}

/** While the app's file runs, no Fastify instance may listen: its port would not be ours. */
function forbidListen (path: string): { readonly tried: boolean, allow (): void } {
  let tried = false
  const onInstance = (message: unknown): void => {
    const { fastify } = message as { fastify: FastifyInstance }
    const { listen } = fastify
    fastify.listen = ((...args: Parameters<typeof listen>) => {
      if (allowed) return listen.apply(fastify, args)
      tried = true
      throw new AppListensError(path)
    }) as typeof listen
  }
  let allowed = false
  subscribe(INITIALIZATION, onInstance)
  return {
    get tried () { return tried },
    allow () {
      allowed = true
      unsubscribe(INITIALIZATION, onInstance)
    }
  }
}
