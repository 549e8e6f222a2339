import { InvalidArgumentError, Option } from 'commander'
import { LEVELS } from '../app-logger.js'
import { ADMIN, LEAST_LIVENESS_TIMEOUT, LEAST_STALL, LONGEST_GRACE, MODE, MOST_CONNECTIONS, MOST_RESTARTS, MOST_WORKERS, POLICIES, SIZE, TOKEN } from '../options-schema.js'
import { LONGEST_DELAY } from '../timing.js'
import type { PolicyName, SharedPortOptions } from '../../types/index.js'
import { variable, variableOf } from './environment.js'
import { UsageError } from './exit.js'

/** The flags of `start`, as they were given, checked. */
export interface StartFlags {
  workers: number | 'auto'
  port: number
  address?: string
  socket?: string
  fd?: number
  prefix?: string
  options?: boolean
  import?: string[]
  watch?: boolean
  watchIgnore?: string[]
  logLevel: string
  prettyLogs?: boolean
  /** Milliseconds. */
  pluginTimeout: number
  /** Bytes. */
  bodyLimit?: number
  /** Milliseconds. */
  grace: number
  /** Milliseconds. */
  bootTimeout: number
  reloadConcurrency: number
  /** Milliseconds. */
  livenessTimeout: number
  recycleRequests?: number
  recycleRss?: string
  /** Milliseconds. */
  recycleAge?: number
  recycleJitter: number
  maxRestarts?: number
  /** Milliseconds. */
  maxRestartsWithin?: number
  /** Milliseconds. */
  closeDelay: number
  user?: string
  group?: string
  socketMode?: string
  lane: NonNullable<SharedPortOptions['lane']>
  policy: PolicyName
  /** Milliseconds. */
  stickyWait: number
  /** Bits. */
  stickyIpv6Prefix: number
  /** Milliseconds. */
  stallAfter: number
  saturationUtilization?: number
  /** Milliseconds. */
  saturationDelay?: number
  maxPending: number
  onOverload: NonNullable<SharedPortOptions['onOverload']>
  /** Milliseconds. */
  pendingTimeout: number
  maxConnectionsPerWorker?: number
  /** Milliseconds. */
  ticketLifetime: number
  control?: string | boolean
  admin?: string
  adminToken?: string
  adminHost?: string[]
}

/** What an int takes, as which the kernel has descriptors. */
const MOST_FD = 2 ** 31 - 1

/** Each takes the value that the environment has for it, where the command line has none. */
export function createOptions (): Option[] {
  return [
    // Not 0, which the plugin takes: there the app would serve, but here is none.
    value('-n, --workers <number>', 'how many workers: 1 to 1024, or auto: one for each CPU', workers).default('auto'),
    value('-p, --port <port>', 'port; 0: any that is free', integer({ most: 65_535 }), 'PORT').default(3000),
    value('-a, --address <address>', 'address (default: localhost; 0.0.0.0 in Docker and Kubernetes)', text),
    value('-s, --socket <path>', 'Unix socket, instead of a port', text),
    value('--fd <number>', 'inherited descriptor of a listening socket, instead of a port', integer({ most: MOST_FD })),
    value('-x, --prefix <prefix>', "prefix of the app's routes"),
    toggle('-o, --options', 'create Fastify with what the app exports as "options"'),
    value('-i, --import <module>', 'module to load before the app; may be repeated', list),
    toggle('-w, --watch', 'development: restart the workers when a file changes'),
    value('--watch-ignore <pattern>', 'files that change nothing: a path, or a pattern as in .gitignore; may be repeated', list),
    value('-l, --log-level <level>', 'how much is logged').choices(LEVELS).default('info'),
    toggle('-P, --pretty-logs', 'readable logs (default on a terminal, JSON elsewhere)'),
    new Option('--no-pretty-logs', 'JSON on a terminal too'),
    value('-T, --plugin-timeout <ms>', 'how long a plugin may take to load; 0: no limit', integer({ most: LONGEST_DELAY })).default(10_000),
    value('--body-limit <bytes>', 'largest request body (default: 1 MiB)', integer({ least: 1 })),
    value('-g, --grace <ms>', 'how long a stopping worker has to finish what it has', integer({ most: LONGEST_GRACE })).default(10_000),
    value('--boot-timeout <ms>', 'how long a worker may take to become ready; 0: no limit', integer({ most: LONGEST_DELAY })).default(30_000),
    value('--reload-concurrency <number>', 'how many workers a reload (SIGHUP) replaces at a time', integer({ least: 1, most: MOST_WORKERS })).default(1),
    value('--liveness-timeout <ms>', 'how long the event loop of a worker may stand still before it is killed; 0: for ever', livenessTimeout).default(30_000),
    value('--recycle-requests <number>', 'replace a worker after so many requests', integer({ least: 1 })),
    value('--recycle-rss <size>', 'replace a worker with more memory: bytes, or as 512mb', matching(SIZE, "It must be bytes, or a text like '512mb'.")),
    value('--recycle-age <ms>', 'replace a worker that is so old', integer({ least: 1 })),
    value('--recycle-jitter <share>', 'lower each worker\'s limits by a random share up to this, 0 to 1', share).default(0.1),
    value('--max-restarts <number>', 'exit with 1 when the workers crash more often than this (default: never)', integer({ most: MOST_RESTARTS })),
    value('--max-restarts-within <ms>', 'the time in which crashes are counted (default: 60000)', integer({ least: 1, most: LONGEST_DELAY })),
    value('--close-delay <ms>', 'how long to serve as before after SIGTERM', integer({ most: LONGEST_DELAY })).default(0),
    value('--user <user>', 'user that the workers run as: a name or an id', text),
    value('--group <group>', "group that the workers run as (default: the user's)", text),
    value('--socket-mode <mode>', 'mode of the socket file, as 660', matching(MODE, "It must be octal digits like '660'.")),
    value('--lane <lane>', 'how connections travel to the workers').choices(['auto', 'native', 'ipc']).default('auto'),
    value('--policy <policy>', 'who gets the next connection').choices(POLICIES).default('round-robin'),
    value('--sticky-wait <ms>', 'how long a connection waits for the worker of its client (policy sticky)', integer({ most: LONGEST_DELAY })).default(1_000),
    value('--sticky-ipv6-prefix <bits>', 'how much of an IPv6 address makes a client (policy sticky)', integer({ least: 1, most: 128 })).default(64),
    value('--stall-after <ms>', 'how long an event loop stands still to be told of', integer({ least: LEAST_STALL, most: LONGEST_DELAY })).default(50),
    value('--saturation-utilization <share>', 'pass over workers that are busier, 0 to 1, while others are not', share),
    value('--saturation-delay <ms>', 'pass over workers that are later than this, while others are not', integer({ least: 1, most: LONGEST_DELAY })),
    value('--max-pending <number>', 'connections that wait for a worker, at most', integer({ least: 1, most: MOST_CONNECTIONS })).default(1_024),
    value('--on-overload <what>', 'what becomes of those beyond: they wait with the kernel, or are answered 503').choices(['wait', 'shed']).default('wait'),
    value('--pending-timeout <ms>', 'how long a connection waits for a worker before it is shed; 0: no limit', integer({ most: LONGEST_DELAY })).default(10_000),
    value('--max-connections-per-worker <number>', 'connections that a worker is given at a time', integer({ least: 1, most: MOST_CONNECTIONS })),
    value('--ticket-lifetime <ms>', 'how long a key for TLS session tickets is used; 0: for ever', integer({ most: LONGEST_DELAY })).default(43_200_000),
    value('--control <path>', 'where the control socket is (default: in a folder of this user, by pid)', text),
    new Option('--no-control', 'no control socket'),
    value('--admin <[host:]port>', 'admin server: a page, /livez, /readyz, /metrics, /status (default: none)', matching(ADMIN, 'It must be a port, or a host and a port as 127.0.0.1:9000.')),
    value('--admin-token <token>', 'what a bearer has to say for a reload or a scaling by the admin server; better in FASTIFY_ADMIN_TOKEN, out of the process list', matching(TOKEN, 'It must be at least 16 letters, digits or any of ._~+/-')),
    value('--admin-host <name>', 'name by which the admin server may be asked for, beside addresses and localhost; may be repeated', list)
  ]
}

/** By which a command finds the primary that is meant. */
export function whichOptions (): Option[] {
  return [
    new Option('--pid <pid>', 'the one with this process id').argParser(integer({ least: 1 })),
    new Option('--port <port>', 'the one that listens at this port').argParser(integer({ least: 1, most: 65_535 })),
    value('--control <path>', 'the one with this control socket', text)
  ]
}

/** @throws UsageError where a variable of the environment sets a switch to what is neither on nor off */
export function assertSwitches (): void {
  for (const option of createOptions().filter(option => option.isBoolean() && !option.negate)) {
    const value = ofEnvironment(option)
    if (value !== undefined && value !== 'true' && value !== 'false') throw new UsageError(`${variableOf(option.name())} must be true or false, got '${value}'`)
  }
}

/** @param other a variable that counts where the option's own is not set */
function value (flags: string, description: string, parse?: (value: string, previous: unknown) => unknown, other?: string): Option {
  const option = new Option(flags, description)
  if (parse !== undefined) option.argParser(parse)
  const named = [variableOf(option.name()), other].find(name => name !== undefined && variable(name) !== undefined)
  return named === undefined ? option : option.env(named)
}

/** On where the environment says 'true', as in fastify-cli. */
function toggle (flags: string, description: string): Option {
  const option = new Option(flags, description)
  const value = ofEnvironment(option)
  return value === undefined ? option : option.default(value === 'true')
}

function ofEnvironment (option: Option): string | undefined {
  return variable(variableOf(option.name()))
}

function workers (value: string): number | 'auto' {
  return value === 'auto' ? value : integer({ least: 1, most: MOST_WORKERS, or: 'auto' })(value)
}

export function integer ({ least = 0, most, or }: { least?: number, most?: number, or?: string }): (value: string) => number {
  return value => {
    const number = /^\d+$/.test(value) ? Number(value) : NaN
    if (Number.isSafeInteger(number) && number >= least && (most === undefined || number <= most)) return number
    const range = most === undefined ? `from ${least}` : `from ${least} to ${most}`
    throw new InvalidArgumentError(`It must be ${or === undefined ? '' : `'${or}' or `}an integer ${range}.`)
  }
}

function livenessTimeout (value: string): number {
  return value === '0' ? 0 : integer({ least: LEAST_LIVENESS_TIMEOUT, most: LONGEST_DELAY, or: '0' })(value)
}

function share (value: string): number {
  const number = value === '' ? NaN : Number(value)
  if (number >= 0 && number <= 1) return number
  throw new InvalidArgumentError('It must be a number from 0 to 1.')
}

function matching (pattern: string, message: string): (value: string) => string {
  return value => {
    if (!new RegExp(pattern).test(value)) throw new InvalidArgumentError(message)
    return value
  }
}

function text (value: string): string {
  if (value === '') throw new InvalidArgumentError('It must not be empty.')
  return value
}

function list (value: string, previous: unknown): string[] {
  return [...(previous as string[] | undefined ?? []), text(value)]
}
