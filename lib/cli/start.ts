import { existsSync } from 'node:fs'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import isDocker from 'is-docker'
import parseAppArguments from 'yargs-parser'
import type { SharedPortOptions } from '../../types/index.js'
import { AppNotFoundError, AppTypeError } from '../errors.js'
import { type GivenListenOptions, readListenTarget } from '../listen-target.js'
import { readOptions } from '../options.js'
import { forkBy, type Program } from '../primary/fork.js'
import { PrimaryProcess } from '../primary-process.js'
import { APP_CONFIG, type AppConfig } from './app-config.js'
import { FAILED, UsageError } from './exit.js'
import { createLog, LEVELS } from './log.js'

/** The command line's flags, as they were given. */
export interface StartFlags {
  workers: string
  port: string
  address?: string
  socket?: string
  fd?: string
  logLevel: string
  prettyLogs?: boolean
  prefix?: string
  options?: boolean
  import?: string[]
  pluginTimeout: string
  bodyLimit?: string
  grace: string
  lane: string
  policy: string
}

const TYPESCRIPT = new Set(['.ts', '.mts', '.cts'])
const JAVASCRIPT = new Set(['.js', '.mjs', '.cjs'])

/** Serves an app: this process becomes its primary, which never loads it. */
export async function start (app: string, flags: StartFlags, appArguments: string[]): Promise<void> {
  const config = readConfig(app, flags, appArguments)
  const target = readListenTarget(config.listen)
  const options = readOptions(config.sharedPort)
  const log = await createLog(config)
  const primary = new PrimaryProcess(options, log, forkBy(program(config, flags.import ?? [])))
  try {
    const names = await primary.listen(primary.nextKey(target), target)
    for (const name of names) {
      log.info({ event: 'listening' }, 'listening at %s', typeof name === 'string' ? name : `${name.address}:${name.port}`)
    }
  } catch (err) {
    // What a worker failed of is in the log already.
    if (process.exitCode === undefined) log.fatal({ event: 'listen-failed', err }, (err as Error).message)
    process.exit(FAILED)
  }
}

function readConfig (app: string, flags: StartFlags, appArguments: string[]): AppConfig {
  const { _: positional, ...pluginOptions } = parseAppArguments(appArguments)
  if (!LEVELS.includes(flags.logLevel)) throw new UsageError(`option 'log-level' must be one of ${LEVELS.join(', ')}, got '${flags.logLevel}'`)
  const bodyLimit = flags.bodyLimit === undefined ? {} : { bodyLimit: count('body-limit', flags.bodyLimit, 'bytes') }
  return {
    app: findApp(app),
    listen: listenOptions(flags),
    sharedPort: sharedPortOptions(flags),
    level: flags.logLevel,
    pretty: flags.prettyLogs ?? process.stdout.isTTY ?? false,
    useAppOptions: flags.options ?? false,
    pluginTimeout: count('plugin-timeout', flags.pluginTimeout, 'milliseconds'),
    ...bodyLimit,
    pluginOptions: { ...pluginOptions, ...(flags.prefix !== undefined && { prefix: flags.prefix }) }
  }
}

function findApp (app: string): string {
  const path = resolve(app)
  if (!existsSync(path)) throw new AppNotFoundError(path)
  if (!TYPESCRIPT.has(extname(path)) && !JAVASCRIPT.has(extname(path))) throw new AppTypeError(path)
  return path
}

function listenOptions ({ fd, socket, port, address }: StartFlags): GivenListenOptions {
  if (fd !== undefined) return { fd: count('fd', fd, 'a file descriptor') }
  if (socket !== undefined) return { path: socket }
  return { port: port as unknown as number, host: address ?? (isContainer() ? '0.0.0.0' : 'localhost') }
}

/** As in fastify-cli: there, what listens on localhost alone cannot be reached. */
function isContainer (): boolean {
  return isDocker() || process.env['KUBERNETES_SERVICE_HOST'] !== undefined ||
    existsSync('/run/secrets/kubernetes.io/serviceaccount/token')
}

function sharedPortOptions ({ workers, grace, lane, policy }: StartFlags): SharedPortOptions {
  if (workers === '0') throw new UsageError("option 'workers' must be 'auto' or at least 1 here: a command with none serves nothing")
  return { workers: toNumber(workers), grace: toNumber(grace), lane, policy } as SharedPortOptions
}

/** What the workers run: the worker's entry, with TypeScript where the app is TypeScript. */
function program (config: AppConfig, imports: string[]): Program {
  const typescript = TYPESCRIPT.has(extname(config.app))
  const tsconfig = typescript ? nearest('tsconfig.json', dirname(config.app)) : undefined
  const modules = [...(typescript ? [import.meta.resolve('tsx')] : []), ...imports.map(toModule)]
  return {
    exec: fileURLToPath(new URL('worker.js', import.meta.url)),
    args: process.argv.slice(2),
    execArgv: [...process.execArgv, ...modules.flatMap(module => ['--import', module])],
    env: {
      [APP_CONFIG]: JSON.stringify(config),
      ...(tsconfig !== undefined && { TSX_TSCONFIG_PATH: tsconfig })
    }
  }
}

function toModule (specifier: string): string {
  return existsSync(specifier) ? pathToFileURL(resolve(specifier)).href : specifier
}

function nearest (file: string, folder: string): string | undefined {
  const path = join(folder, file)
  if (existsSync(path)) return path
  return basename(folder) === '' ? undefined : nearest(file, dirname(folder))
}

function count (name: string, value: string, what: string): number {
  const number = toNumber(value)
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) return number
  throw new UsageError(`option '${name}' must be an integer from 0 (${what}), got '${value}'`)
}

/** The number, or the text where it is none: then the validation says so. */
function toNumber (value: string): number | string {
  return value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value
}
