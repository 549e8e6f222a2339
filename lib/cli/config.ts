import { existsSync } from 'node:fs'
import isDocker from 'is-docker'
import type { SharedPortOptions } from '../../types/index.js'
import type { GivenListenOptions } from '../listen-target.js'
import { LONGEST_DELAY, LONGEST_GRACE, MOST_WORKERS } from '../options.js'
import { readPluginOptions } from './app-arguments.js'
import { findApp } from './app-file.js'
import { UsageError } from './exit.js'
import type { StartFlags } from './flags.js'
import { LEVELS } from './log.js'

/** What the command line says, checked; in JSON it is what a worker knows of it. */
export interface Config {
  /** The app's file. */
  app: string
  listen: GivenListenOptions
  sharedPort: SharedPortOptions
  level: string
  pretty: boolean
  /** Whether the app's export `options` goes to Fastify. */
  useAppOptions: boolean
  /** Milliseconds. */
  pluginTimeout: number
  /** Bytes. */
  bodyLimit?: number
  /** For the app's plugin: what came after `--`, and the prefix. */
  pluginOptions: Record<string, unknown>
}

/** The environment variable by which a worker gets its {@link Config}. */
export const CONFIG = 'SHARED_FASTIFY_CONFIG'

/** What an int takes, as which the kernel has descriptors. */
const MOST_FD = 2 ** 31 - 1

/**
 * Reads the flags of `start`. What the plugin has an option for is checked with those.
 * @throws UsageError that names the option, what it got and what it takes
 */
export function readConfig (app: string, flags: StartFlags, appArguments: string[]): Config {
  const { logLevel, prefix, bodyLimit } = flags
  if (!LEVELS.includes(logLevel)) throw invalid('log-level', `one of ${LEVELS.join(', ')}`, logLevel)
  return {
    app: findApp(app),
    listen: listenOptions(flags),
    sharedPort: sharedPortOptions(flags),
    level: logLevel,
    pretty: flags.prettyLogs ?? process.stdout.isTTY ?? false,
    useAppOptions: flags.options ?? false,
    pluginTimeout: integer('plugin-timeout', flags.pluginTimeout, { most: LONGEST_DELAY, unit: 'milliseconds' }),
    ...(bodyLimit !== undefined && { bodyLimit: integer('body-limit', bodyLimit, { least: 1, unit: 'bytes' }) }),
    pluginOptions: { ...readPluginOptions(appArguments), ...(prefix !== undefined && { prefix }) }
  }
}

function listenOptions ({ fd, socket, port, address }: StartFlags): GivenListenOptions {
  if (fd !== undefined) return { fd: integer('fd', fd, { most: MOST_FD }) }
  if (socket !== undefined) return { path: socket }
  return {
    port: integer('port', port, { most: 65_535 }),
    host: address ?? (isContainer() ? '0.0.0.0' : 'localhost')
  }
}

/** As in fastify-cli: there, what listens on localhost alone cannot be reached. */
function isContainer (): boolean {
  return isDocker() || process.env['KUBERNETES_SERVICE_HOST'] !== undefined ||
    existsSync('/run/secrets/kubernetes.io/serviceaccount/token')
}

function sharedPortOptions ({ workers, grace, lane, policy }: StartFlags): SharedPortOptions {
  return {
    // Not 0, which the plugin takes: there the app would serve, but here is none.
    workers: workers === 'auto' ? workers : integer('workers', workers, { least: 1, most: MOST_WORKERS, or: 'auto' }),
    grace: integer('grace', grace, { most: LONGEST_GRACE, unit: 'milliseconds' }),
    ...{ lane, policy } as Pick<SharedPortOptions, 'lane' | 'policy'> // which readOptions() checks
  }
}

interface Range { least?: number, most?: number, unit?: string, or?: string }

function integer (name: string, value: string, { least = 0, most, unit, or }: Range): number {
  const number = /^\d+$/.test(value) ? Number(value) : NaN
  if (Number.isSafeInteger(number) && number >= least && (most === undefined || number <= most)) return number
  const range = most === undefined ? `from ${least}` : `from ${least} to ${most}`
  throw invalid(name, `${or === undefined ? '' : `'${or}' or `}an integer ${range}${unit === undefined ? '' : ` (${unit})`}`, value)
}

function invalid (name: string, what: string, value: string): UsageError {
  return new UsageError(`option '${name}' must be ${what}, got '${value}'`)
}
