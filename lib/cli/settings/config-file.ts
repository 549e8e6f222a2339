import { readFileSync, statSync } from 'node:fs'
import { basename, dirname, extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import type { CommandConfig } from '../../../types/index.js'
import { ConfigFailedError } from '../../errors.js'
import { findFor, isFile, isTypeScript, JAVASCRIPT, TYPESCRIPT } from '../app/app-file.js'
import { UsageError } from '../exit.js'
import { inFolder } from './places.js'
import { settings } from './settings.js'
import { locate } from '../app/syntax-errors.js'
import { untilLoaded } from '../app/until-loaded.js'

/** The values of a config file. Paths in it are absolute. */
export interface ConfigFile {
  /** The file's name in messages. */
  readonly name: string
  readonly values: CommandConfig
}

const NAME = 'shared-fastify.config'
const EXTENSIONS = [...TYPESCRIPT, ...JAVASCRIPT, '.json']
const PACKAGE = 'package.json'
const KEY = 'shared-fastify'

/**
 * Reads the given config file, or else the one in the current folder, or the key in the app's package.json.
 * @throws UsageError if there is more than one, or if the file has invalid values
 * @throws SHARED_PORT_ERR_CONFIG_FAILED if the file cannot be loaded
 */
export async function readConfigFile (given: string | undefined, app: string | undefined): Promise<ConfigFile | undefined> {
  const path = given === undefined ? find(app) : existing(given)
  if (path === undefined) return undefined
  const { checked } = await import('./check-config.js') // imported only here, because it loads a validator
  const values = checked(isPackage(path) ? readPackage(path) : await load(path), inWords(path))
  return { name: inWords(path), values: withPaths(values, dirname(path)) }
}

function find (app = '.'): string | undefined {
  const files = EXTENSIONS.map(extension => resolve(NAME + extension)).filter(isFile)
  const manifest = findFor(resolve(app === '.' ? PACKAGE : app), PACKAGE)
  if (manifest !== undefined && readPackage(manifest) !== undefined) files.push(manifest)
  if (files.length > 1) throw new UsageError(`found more than one configuration: ${files.map(inWords).join(' and ')}; keep one, or choose one with --config`)
  return files[0]
}

function existing (given: string): string {
  const path = resolve(given)
  if (!isFile(path)) throw new UsageError(`--config takes a file, got '${given}': ${statSync(path, { throwIfNoEntry: false }) === undefined ? 'there is no such file' : 'it is not a file'}`)
  if (!EXTENSIONS.includes(extname(path))) throw new UsageError(`--config takes a ${EXTENSIONS.join(', ')} file, got '${given}'`)
  if (isPackage(path) && readPackage(path) === undefined) throw new UsageError(`--config takes a package.json with the key "${KEY}", but ${path} does not have it`)
  return path
}

function isPackage (path: string): boolean {
  return basename(path) === PACKAGE
}

function inWords (path: string): string {
  return isPackage(path) ? `"${KEY}" of ${path}` : path
}

function readPackage (path: string): unknown {
  return (readJson(path) as Record<string, unknown> | null)?.[KEY]
}

function readJson (path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw failed(path, cause)
  }
}

async function load (path: string): Promise<unknown> {
  if (extname(path) === '.json') return readJson(path)
  try {
    return await untilLoaded(evaluate(path), () => new Error('it never finishes loading: nothing is left to run, but a promise is still pending (check its top-level await)'))
  } catch (cause) {
    throw failed(path, cause)
  }
}

async function evaluate (path: string): Promise<unknown> {
  const { default: exported } = await importFile(path)
  // In CommonJS, and in TypeScript compiled to it, the export is one level deeper.
  const config = (exported as { default?: unknown } | null | undefined)?.default ?? exported
  return typeof config === 'function' ? await config() : config
}

/** Loads TypeScript with tsx, which applies only to this module and its imports. */
async function importFile (path: string): Promise<{ default?: unknown }> {
  const { href } = pathToFileURL(path)
  if (!isTypeScript(path)) return await import(href)
  const { tsImport } = await import('tsx/esm/api')
  const tsconfig = findFor(path, 'tsconfig.json')
  return await tsImport(href, { parentURL: import.meta.url, ...(tsconfig !== undefined && { tsconfig }) })
}

function failed (path: string, cause: unknown): Error {
  locate(cause)
  return new ConfigFailedError(path, cause instanceof Error ? cause.message : inspect(cause), { cause })
}

/** Makes paths absolute. They are relative to the file's folder, wherever the command is started. */
function withPaths (values: CommandConfig, folder: string): CommandConfig {
  const given = values as Record<string, unknown>
  const paths = settings.filter(({ name, isPath }) => isPath === true && typeof given[name] === 'string')
  return {
    ...values,
    ...Object.fromEntries(paths.map(({ name }) => [name, resolve(folder, given[name] as string)])),
    ...(values.listen !== undefined && { listen: [values.listen].flat().map(place => inFolder(folder, place)) }),
    ...(values.watchIgnore !== undefined && { watchIgnore: values.watchIgnore.map(pattern => /^\.{1,2}\//.test(pattern) ? resolve(folder, pattern) : pattern) }),
    ...(values.import !== undefined && { import: values.import.map(module => isPathOf(module, folder) ? resolve(folder, module) : module) })
  }
}

/** Whether the module is a path; otherwise it is the name of a package. */
function isPathOf (module: string, folder: string): boolean {
  return /^\.{0,2}\//.test(module) || isFile(resolve(folder, module))
}
