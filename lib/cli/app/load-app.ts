import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import type { FastifyInstance, FastifyPluginAsync, FastifyServerOptions } from 'fastify'
import { AppExportsError, AppFailedError, AppNeverLoadsError } from '../../errors.js'
import { untilLoaded } from './until-loaded.js'

/** The result of loading an app's file: a plugin with its Fastify options, or an instance. */
export type LoadedApp =
  | { plugin: FastifyPluginAsync, options: FastifyServerOptions, instance?: undefined }
  | { instance: FastifyInstance }

/**
 * Loads an app.
 * @throws SHARED_PORT_ERR_APP_FAILED, with the app's error as the cause
 * @throws SHARED_PORT_ERR_APP_NEVER_LOADS
 * @throws SHARED_PORT_ERR_APP_EXPORTS
 */
export async function loadApp (path: string): Promise<LoadedApp> {
  process.channel?.unref() // or the channel would keep the process alive, and an app that never loads would go unnoticed
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
  // In CommonJS, and in TypeScript compiled to it, the exports are one level deeper.
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

/** Whether the value looks like an instance that Fastify() returned. */
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
