import type { CommandConfig, SharedPortOptions } from '../../../types/index.js'
import type { GivenListenOptions } from '../../fastify/listen-target.js'
import { countCpus } from '../../platform/cpus.js'
import { splitAddress } from '../../options/options.js'
import { isUnix } from './places.js'
import { readPluginOptions } from './app-arguments.js'
import { findApp } from '../app/app-file.js'
import { UsageError } from '../exit.js'
import type { InForce } from './in-force.js'
import type { Inspect } from '../worker/inspection.js'
import { allPlaces, listenOptions } from './listen-options.js'

/** The settings of the command. A worker gets them as JSON, which omits functions. */
export interface Config {
  /** The app's file. */
  app: string
  name?: string
  inspect?: Inspect
  listen: GivenListenOptions
  sharedPort: SharedPortOptions
  level: string
  pretty: boolean
  /** Whether the app's exported `options` are passed to Fastify. */
  useAppOptions: boolean
  /** Milliseconds. */
  pluginTimeout: number
  /** Whether the workers are restarted when a file changes. */
  watch: boolean
  /** Patterns of files whose changes are ignored. */
  watchIgnore: string[]
  /** Explicit settings that override the app's exported `options`. */
  asked: Pick<CommandConfig, 'logLevel' | 'pluginTimeout' | 'bodyLimit'>
  /** Options for the app's plugin: the arguments after `--`, and the prefix. */
  pluginOptions: Record<string, unknown>
  /** Settings that have no effect on an app that is an instance, spelled as they were given. */
  forPlugins: string[]
}

/** Node's default. */
const INSPECTOR_PORT = 9229

const MOST_PORT = 65_535

/** The environment variable in which a worker gets its {@link Config}. */
export const CONFIG = 'SHARED_FASTIFY_CONFIG'

/**
 * @throws UsageError for an invalid setting or combination
 * @throws SHARED_PORT_ERR_APP_NOT_FOUND
 * @throws SHARED_PORT_ERR_APP_TYPE
 */
export function readConfig (app: string, settings: InForce, appArguments: string[]): Config {
  const prefix = settings.value('prefix')
  const watch = settings.value('watch')
  const watchIgnore = settings.value('watchIgnore') ?? []
  if (!watch && settings.source('watchIgnore').kind === 'flag') throw new UsageError(`--watch-ignore needs --watch; got --watch-ignore ${watchIgnore.join(' --watch-ignore ')}`)
  const listen = listenOptions(settings)
  assertModeCounts(settings, listen)
  const sharedPort = { ...settings.options(), ...adminOption(settings), ...(watch && developmentDefaults(settings)) }
  const pluginOptions = readPluginOptions(appArguments)
  return {
    app: findApp(app),
    ...settings.given('name'),
    listen,
    sharedPort,
    level: settings.value('logLevel'),
    pretty: settings.value('prettyLogs'),
    useAppOptions: settings.value('options'),
    pluginTimeout: settings.value('pluginTimeout'),
    ...inspectOption(settings, sharedPort.workers),
    watch,
    watchIgnore,
    asked: { ...settings.given('logLevel'), ...settings.given('pluginTimeout'), ...settings.given('bodyLimit') },
    pluginOptions: { ...pluginOptions, ...(prefix !== undefined && { prefix }) },
    forPlugins: [
      ...['prefix', 'options', 'bodyLimit'].filter(name => settings.isGiven(name) && settings.found(name).value !== false).map(name => settings.spell(name)),
      ...Object.keys(pluginOptions).map(name => `-- --${name}`)
    ]
  }
}

/**
 * Defaults with --watch: one worker, so that a change takes effect soon, and no pendingTimeout, so that
 * requests that wait for it are not rejected.
 */
function developmentDefaults (settings: InForce): SharedPortOptions {
  return {
    ...(!settings.isGiven('workers') && { workers: 1 }),
    ...(!settings.isGiven('pendingTimeout') && { pendingTimeout: 0 })
  }
}

/** @throws UsageError for a worker or a port that does not exist */
function inspectOption (settings: InForce, workers: SharedPortOptions['workers'] = 'auto'): Pick<Config, 'inspect'> {
  const [name, ...others] = (['inspect', 'inspectBrk'] as const).filter(name => settings.isGiven(name) && settings.value(name) !== false)
  if (name === undefined) {
    if (settings.source('inspectWorker').kind === 'flag') throw new UsageError('--inspect-worker needs --inspect or --inspect-brk')
    return {}
  }
  if (others.length > 0) throw new UsageError(`only one of ${settings.spell('inspect')} and ${settings.spell('inspectBrk')} can be given`)
  const given = settings.value(name)
  const { host = '127.0.0.1', port } = given === true ? { port: INSPECTOR_PORT } : splitAddress(String(given))
  if (port > MOST_PORT) throw new UsageError(`${settings.spell(name)} takes a port from 0 to ${MOST_PORT}, got ${port}`)
  const slot = settings.value('inspectWorker')
  const count = workers === 'auto' ? countCpus().count : workers
  if (slot >= count) throw new UsageError(`${settings.spell('inspectWorker')} takes a slot from 0 to ${count - 1}, since there ${count === 1 ? 'is 1 worker' : `are ${count} workers`}; got ${slot}`)
  return { inspect: { slot, host, port, wait: name === 'inspectBrk' } }
}

/** @throws UsageError if a setting needs the admin server, which is off */
function adminOption (settings: InForce): Pick<SharedPortOptions, 'admin'> {
  const admin = settings.value('admin')
  const [token, hosts] = [settings.found('admin.token').value as string | undefined, settings.found('admin.hosts').value as string[] | undefined]
  if (admin !== undefined) return { admin: { ...(typeof admin === 'object' ? admin : splitAddress(String(admin))), ...(token !== undefined && { token }), ...(hosts !== undefined && { hosts }) } }
  if (hosts === undefined && settings.source('admin.token').kind !== 'flag') return {}
  const idle = hosts === undefined ? 'admin.token' : 'admin.hosts'
  throw new UsageError(`${settings.spell(idle)} is for the admin server, and needs ${settings.spell('admin')}`)
}

/**
 * Rejects a socketMode that has no effect. From the environment or a config file it is allowed without a
 * socket, because the command line may have replaced the socket by another address.
 */
function assertModeCounts (settings: InForce, listen: GivenListenOptions): void {
  if (allPlaces(listen).some(({ path }) => path !== undefined)) return
  const { kind } = settings.source('socketMode')
  const isReplaced = settings.isGiven('socket') || (settings.isGiven('listen') && (settings.source('listen').kind !== 'file' || [settings.value('listen')].flat().some(isUnix)))
  if (kind !== 'flag' && (kind !== 'file' || isReplaced)) return
  throw new UsageError(`${settings.spell('socketMode')} is for a socket file, and needs ${settings.spell('socket')} or --listen unix:PATH; got ${String(settings.found('socketMode').value)}`)
}
