import { existsSync } from 'node:fs'
import isDocker from 'is-docker'
import type { SharedPortOptions } from '../../types/index.js'
import type { GivenListenOptions } from '../listen-target.js'
import { splitAddress } from '../options.js'
import { readPluginOptions } from './app-arguments.js'
import { findApp } from './app-file.js'
import { UsageError } from './exit.js'
import type { StartFlags } from './flags.js'

/** What the command is to do; in JSON it is what a worker knows of it. */
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
  /** Whether a changed file restarts the workers. */
  watch: boolean
  /** Patterns of files that do not. */
  watchIgnore: string[]
  /** For the app's plugin: what came after `--`, and the prefix. */
  pluginOptions: Record<string, unknown>
}

/** The environment variable by which a worker gets its {@link Config}. */
export const CONFIG = 'SHARED_FASTIFY_CONFIG'

/** Where a flag's value comes from, in the words of commander; undefined where it has none. */
export type SourceOf = (flag: keyof StartFlags) => string | undefined

/**
 * @throws UsageError that names what cannot be
 * @throws SHARED_PORT_ERR_APP_NOT_FOUND
 * @throws SHARED_PORT_ERR_APP_TYPE
 */
export function readConfig (app: string, flags: StartFlags, sourceOf: SourceOf, appArguments: string[]): Config {
  const { prefix, bodyLimit } = flags
  const listen = listenOptions(flags, sourceOf)
  if (listen.path === undefined && sourceOf('socketMode') === 'cli') throw new UsageError(`--socket-mode is of a socket file, and needs --socket; got --socket-mode ${flags.socketMode}`)
  const { watch = false, watchIgnore = [] } = flags
  if (!watch && sourceOf('watchIgnore') === 'cli') throw new UsageError(`--watch-ignore needs --watch; got --watch-ignore ${watchIgnore.join(' --watch-ignore ')}`)
  return {
    app: findApp(app),
    listen,
    sharedPort: { ...sharedPortOptions(flags), ...(watch && developmentDefaults(sourceOf)) },
    level: flags.logLevel,
    pretty: flags.prettyLogs ?? process.stdout.isTTY ?? false,
    useAppOptions: flags.options ?? false,
    pluginTimeout: flags.pluginTimeout,
    ...(bodyLimit !== undefined && { bodyLimit }),
    watch,
    watchIgnore,
    pluginOptions: { ...readPluginOptions(appArguments), ...(prefix !== undefined && { prefix }) }
  }
}

/** Where nobody has said otherwise: one worker, so that a change is soon in force, and nobody who waits for it is sent away. */
function developmentDefaults (sourceOf: SourceOf): SharedPortOptions {
  return {
    ...(sourceOf('workers') === 'default' && { workers: 1 }),
    ...(sourceOf('pendingTimeout') === 'default' && { pendingTimeout: 0 })
  }
}

function sharedPortOptions (flags: StartFlags): SharedPortOptions {
  const { workers, grace, bootTimeout, livenessTimeout, closeDelay, user, group, socketMode, lane, policy, stickyWait, stickyIpv6Prefix, stallAfter, maxPending, onOverload, pendingTimeout, maxConnectionsPerWorker, ticketLifetime, control } = flags
  return {
    workers,
    grace,
    bootTimeout,
    reload: { concurrency: flags.reloadConcurrency },
    livenessTimeout,
    recycle: { requests: flags.recycleRequests, rss: flags.recycleRss, age: flags.recycleAge, jitter: flags.recycleJitter },
    maxRestarts: { count: flags.maxRestarts, within: flags.maxRestartsWithin },
    closeDelay,
    user,
    group,
    socketMode,
    lane,
    policy,
    stickyWait,
    stickyIpv6Prefix,
    stallAfter,
    saturation: { utilization: flags.saturationUtilization, delay: flags.saturationDelay },
    maxPending,
    onOverload,
    pendingTimeout,
    maxConnectionsPerWorker,
    ticketLifetime,
    control,
    admin: adminOptions(flags)
  }
}

/** @throws UsageError for what needs an admin server, where there is none */
function adminOptions ({ admin, adminToken, adminHost }: StartFlags): SharedPortOptions['admin'] {
  if (admin !== undefined) return { ...splitAddress(admin), ...(adminToken !== undefined && { token: adminToken }), ...(adminHost !== undefined && { hosts: adminHost }) }
  if (adminHost !== undefined) throw new UsageError(`--admin-host is of the admin server, and needs --admin; got --admin-host ${adminHost.join(' --admin-host ')}`)
  return undefined
}

/** Where to listen. The command line comes before the environment, and each may say one place. */
function listenOptions ({ fd, socket, port, address }: StartFlags, sourceOf: SourceOf): GivenListenOptions {
  const targets = [
    { name: 'a descriptor', flags: ['fd'], options: { fd } },
    { name: 'a socket', flags: ['socket'], options: { path: socket } },
    { name: 'a port', flags: ['port', 'address'], options: { port, host: address ?? defaultAddress() } }
  ] as const
  const by = (source: string): typeof targets[number][] => targets.filter(({ flags }) => flags.some(flag => sourceOf(flag) === source))
  // A port in the environment is a default like ours: it stands there for whatever is started.
  const [given, ...others] = [by('cli'), by('env').filter(({ flags }) => flags.some(flag => flag !== 'port' && sourceOf(flag) === 'env'))].find(({ length }) => length > 0) ?? []
  if (given !== undefined && others.length > 0) {
    throw new UsageError(`an app listens on one of --port, --socket and --fd, got ${[given, ...others].map(({ name }) => name).join(' and ')}`)
  }
  return (given ?? targets[2]).options as GivenListenOptions
}

/** As in fastify-cli: in a container, what listens on localhost alone cannot be reached. */
function defaultAddress (): string {
  const isContainer = isDocker() || process.env['KUBERNETES_SERVICE_HOST'] !== undefined ||
    existsSync('/run/secrets/kubernetes.io/serviceaccount/token')
  return isContainer ? '0.0.0.0' : 'localhost'
}
