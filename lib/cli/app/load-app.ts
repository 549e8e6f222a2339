import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import type { FastifyInstance, FastifyPluginAsync, FastifyServerOptions } from 'fastify'
import { AppExportsError, AppFailedError, AppNeverLoadsError } from '../../errors.js'
import { untilLoaded } from './until-loaded.js'

/** What an app's file turned out to be: a plugin and the Fastify options beside it, or an instance. */
export type LoadedApp =
  | { plugin: FastifyPluginAsync, options: FastifyServerOptions, instance?: undefined }
  | { instance: FastifyInstance }

/**
 * Loads an app.
 * @throws SHARED_PORT_ERR_APP_FAILED with what it threw as the cause
 * @throws SHARED_PORT_ERR_APP_NEVER_LOADS
 * @throws SHARED_PORT_ERR_APP_EXPORTS
 */
export async function loadApp (path: string): Promise<LoadedApp> {
  process.channel?.unref() // else one that never loads would wait for the primary
  try {
    return readExports(path, await untilLoaded(importApp(path), () => new AppNeverLoadsError(path)))
  } finally {
    process.channel?.ref()
  }
}

async function importApp (path: string): Promise<Record<string, unknown>> {
  try {
    return await import(pathToFileURL(path).href)
  } catch (err) {
    throw new AppFailedError(path, { cause: err instanceof Error ? err : new Error(`threw ${inspect(err)}`) })
  }
}

function readExports (path: string, exported: Record<string, unknown>): LoadedApp {
  // CommonJS, and TypeScript that became it, has the exports one level further down.
  const inner = exported['default'] as { default?: unknown, options?: FastifyServerOptions } | undefined
  const app = isApp(inner) ? inner : inner?.default
  if (isInstance(app)) return { instance: app }
  const options = (exported['options'] ?? inner?.options ?? {}) as FastifyServerOptions
  if (typeof app === 'function') return { plugin: app as FastifyPluginAsync, options }
  throw new AppExportsError(path, describeExports(exported))
}

function isApp (value: unknown): boolean {
  return typeof value === 'function' || isInstance(value)
}

/** Whether it is what Fastify() returns. */
export function isInstance (value: unknown): value is FastifyInstance {
  const { register, listen, server } = (value ?? {}) as Partial<FastifyInstance>
  return typeof register === 'function' && typeof listen === 'function' && server !== undefined
}

function describeExports (exported: Record<string, unknown>): string {
  const names = Object.keys(exported).filter(name => name !== 'module.exports')
  if (names.length === 0) return 'nothing'
  return names.map(name => `${name} (${describe(exported[name])})`).join(', ')
}

function describe (value: unknown): string {
  return isInstance(value) ? 'a Fastify instance' : inspect(value, { depth: 0, breakLength: Infinity, maxStringLength: 80 })
}
