import { LEVELS } from '../../fastify/app-logger.js'
import { ADDRESS, MOST_WORKERS, type Part, schema } from '../../options/schema.js'
import { LONGEST_DELAY } from '../../platform/timing.js'
import { defaultAddress } from './default-address.js'
import { MOST_FD } from './places.js'

/** A setting of the command: its flag, its environment variable, its key in a config file, and its default. */
export interface Setting {
  /**
   * The key in a config file, with dots for nested keys. If the plugin has an option of the same name, the
   * setting sets that option.
   */
  readonly name: string
  /** The accepted values. With `writeOnly`, the value is never shown. */
  readonly takes: Part
  /** The flag, in commander's syntax. Without one, see {@link isArgument}, or the setting is for config files only. */
  readonly flags?: string
  readonly description?: string
  /** Describes the accepted texts if `takes` has a pattern, for error messages. */
  readonly says?: string
  /** Another variable that applies if FASTIFY_<OPTION> is not set. */
  readonly variable?: string
  /** The help text of the flag that switches it off. */
  readonly off?: string
  /** Whether the value is a path. In a config file, paths are relative to the file's folder. */
  readonly isPath?: boolean
  /** Whether it is a positional argument. */
  readonly isArgument?: boolean
  /** Whether a config file may not contain it. */
  readonly notInFile?: boolean
  /** Computes the default, if that depends on the machine. */
  readonly otherwise?: () => unknown
}

type More = Omit<Setting, 'name' | 'takes' | 'flags' | 'description'>

/** Options of the plugin that the command does not accept, with the reason. */
export const REFUSED: Readonly<Record<string, string>> = {
  readyCheck: 'the workers would have to call it, but they do not load this file; use an onReady hook in the app instead',
  signals: 'the command always handles signals',
  upgradeSignal: 'the command always upgrades at SIGUSR2'
}

/**
 * The plugin accepts 0 and then serves in its own process. The command's primary does not load the app, so
 * it needs at least one worker.
 */
const workers = { ...schema.properties.workers, anyOf: [{ const: 'auto' }, { type: 'integer', minimum: 1, maximum: MOST_WORKERS }], description: `'auto' or an integer from 1 to ${MOST_WORKERS}` } as const

const options: Record<string, Part> = Object.fromEntries(Object.entries({ ...schema.properties, workers }).filter(([name]) => !(name in REFUSED)))

/** The longest queue of connections that are not accepted yet. Linux before 5.4 keeps the length in 16 bits. */
export const MOST_BACKLOG = 65_535

const aText = { type: 'string', pattern: '\\S', description: 'a text that is not empty' } as const
const aName = { type: 'string', pattern: '^(?=.*\\S)[\\p{L}\\p{M}\\p{N}\\p{P}\\p{S} ]{1,64}$', description: '1 to 64 printable characters' } as const
const anAddress = { type: ['boolean', 'integer', 'string'], minimum: 0, maximum: 65_535, pattern: ADDRESS, description: "true, false, a port, or a text like '127.0.0.1:9229'" } as const
const aSwitch = { type: 'boolean', description: 'true or false' } as const

/** All settings, in the order of --help. To add a setting, add its line here. */
export const settings: readonly Setting[] = [
  own('app', undefined, 'the app', aText, { isPath: true, isArgument: true }),
  own('config', '--config <path>', 'config file (default: shared-fastify.config.* here, or "shared-fastify" in the app\'s package.json)', aText, { notInFile: true }),
  option('workers', '-n, --workers <number>', 'number of workers: 1 to 1024, or auto, which is one for each CPU'),
  own('port', '-p, --port <port>', 'port to listen on; 0: any free port', anInteger(0, 65_535, { default: 3000 }), { variable: 'PORT' }),
  own('address', '-a, --address <address>', 'address to listen on (default: localhost; 0.0.0.0 in Docker and Kubernetes)', aText, { otherwise: defaultAddress }),
  own('socket', '-s, --socket <path>', 'Unix socket to listen on, instead of a port', aText, { isPath: true }),
  own('fd', '--fd <number>', 'inherited descriptor of a listening socket, instead of a port', anInteger(0, MOST_FD)),
  own('listen', '--listen <place>', 'where to listen, instead of a port: 127.0.0.1:3000, [::1]:3000, 3000, unix:PATH, fd:NUMBER, fd:NAME (LISTEN_FDNAMES); may be repeated', { type: ['string', 'array'], items: aText, pattern: '\\S', minItems: 1, description: "a place like '127.0.0.1:3000', '3000', 'unix:/run/app.sock' or 'fd:3', or an array of places" }),
  own('backlog', '--backlog <number>', 'how many connections the kernel keeps until they are accepted, for each place (default: 511; for descriptors, what the system allows)', anInteger(1, MOST_BACKLOG)),
  own('prefix', '-x, --prefix <prefix>', "prefix for the app's routes", { type: 'string', description: 'a text' }),
  own('options', '-o, --options', 'create Fastify with the options that the app exports as "options"', { ...aSwitch, default: false }),
  own('import', '-i, --import <module>', 'module to load before the app; may be repeated', { type: 'array', items: aText, description: 'an array of texts' }),
  own('watch', '-w, --watch', 'development: restart the workers when a file changes', { ...aSwitch, default: false }),
  own('watchIgnore', '--watch-ignore <pattern>', 'do not restart for these files: a path, or a pattern as in .gitignore; may be repeated', { type: 'array', items: aText, description: 'an array of texts' }),
  own('name', '--name <name>', 'name of this server in log lines and in the process list', aName, { says: aName.description }),
  own('pidfile', '--pidfile <path>', "file that holds the primary's process id while it runs", aText, { isPath: true }),
  own('logLevel', '-l, --log-level <level>', 'log level', { enum: LEVELS, default: 'info', description: oneOf(LEVELS) }),
  own('prettyLogs', '-P, --pretty-logs', 'readable logs (default on a terminal, JSON elsewhere)', aSwitch, { off: 'log JSON on a terminal too', otherwise: () => process.stdout.isTTY ?? false }),
  own('pluginTimeout', '-T, --plugin-timeout <ms>', 'how long a plugin may take to load; 0: no limit', anInteger(0, LONGEST_DELAY, { default: 10_000 })),
  own('bodyLimit', '--body-limit <bytes>', 'largest request body (default: 1 MiB)', { type: 'integer', minimum: 1, description: 'an integer from 1 on' }),
  own('inspect', '--inspect [[host:]port]', 'open the inspector of one worker (default: 127.0.0.1:9229)', anAddress, { says: 'a port, or a host and a port as 127.0.0.1:9229' }),
  own('inspectBrk', '--inspect-brk [[host:]port]', 'like --inspect, but wait for a debugger before loading the app', anAddress, { says: 'a port, or a host and a port as 127.0.0.1:9229' }),
  own('inspectWorker', '--inspect-worker <slot>', 'slot of the worker to inspect; the first is 0', anInteger(0, MOST_WORKERS - 1, { default: 0 })),
  option('grace', '-g, --grace <ms>', 'how long a stopping worker may take to finish open requests'),
  option('bootTimeout', '--boot-timeout <ms>', 'how long a worker may take to become ready; 0: no limit'),
  option('reload.concurrency', '--reload-concurrency <number>', 'how many workers a reload (SIGHUP) replaces at a time'),
  option('livenessTimeout', '--liveness-timeout <ms>', 'kill a worker whose event loop is blocked for this long; 0: never'),
  option('recycle.requests', '--recycle-requests <number>', 'replace a worker after this many requests'),
  option('recycle.rss', '--recycle-rss <size>', 'replace a worker that uses more memory than this: bytes, or a size like 512mb', { says: "bytes, or a text like '512mb'" }),
  option('recycle.age', '--recycle-age <ms>', 'replace a worker this long after it became ready'),
  option('recycle.jitter', '--recycle-jitter <share>', "lower each worker's recycling limits by a random share, at most this: 0 to 1"),
  option('maxRestarts.count', '--max-restarts <number>', 'give up and exit with 1 after more crashes than this (default: never)'),
  option('maxRestarts.within', '--max-restarts-within <ms>', 'time window in which --max-restarts counts crashes'),
  option('closeDelay', '--close-delay <ms>', 'how long to go on serving after SIGTERM before the stop begins'),
  option('user', '--user <user>', 'user to run the workers as: a name or an id', { says: 'a name or an id' }),
  option('group', '--group <group>', "group to run the workers as (default: the user's)", { says: 'a name or an id' }),
  option('socketMode', '--socket-mode <mode>', 'mode of the socket file, for example 660', { says: "octal digits like '660'" }),
  option('onWorkerStart'),
  option('onWorkerExit'),
  option('lane', '--lane <lane>', 'how connections are sent to the workers'),
  option('takeBackAfter', '--take-back-after <ms>', 'give a connection to another worker if a busy worker has not received it within this time; 0: never'),
  option('returnAfter', '--return-after <ms>', 'return a kept connection to the primary after it has been idle for this long; 0: never'),
  option('returnOnDrain', '--return-on-drain', 'move kept connections to other workers instead of closing them in a reload (default)', { off: 'close kept connections in a reload' }),
  option('rescueAfter', '--rescue-after <ms>', 'move a kept connection if its request waits this long for a blocked worker; 0: never'),
  option('policy', '--policy <policy>', 'how the worker for a connection is chosen'),
  option('stickyWait', '--sticky-wait <ms>', 'how long a connection waits for its client\'s worker (policy sticky)'),
  option('stickyIpv6Prefix', '--sticky-ipv6-prefix <bits>', 'length of the IPv6 prefix that identifies a client (policy sticky)'),
  option('stallAfter', '--stall-after <ms>', 'warn when an event loop is blocked for this long'),
  option('saturation.utilization', '--saturation-utilization <share>', 'skip workers whose event loop is busier than this, 0 to 1, unless all workers are'),
  option('saturation.delay', '--saturation-delay <ms>', 'skip workers whose event loop delay is longer than this, unless it is for all workers'),
  option('maxPending', '--max-pending <number>', 'how many accepted connections may wait for a worker, for each listener'),
  option('onOverload', '--on-overload <what>', 'beyond --max-pending: leave connections in the kernel\'s backlog (wait), or answer 503 (shed)'),
  option('pendingTimeout', '--pending-timeout <ms>', 'how long a connection may wait for a worker before it is shed; 0: no limit'),
  option('maxConnectionsPerWorker', '--max-connections-per-worker <number>', 'how many open connections a worker may have'),
  option('ticketLifetime', '--ticket-lifetime <ms>', 'how long a key for TLS session tickets is used; 0: no limit'),
  option('control', '--control <path>', 'path of the control socket (default: in a folder of this user, named by pid)', { isPath: true, off: 'do not open a control socket' }),
  option('admin', '--admin <[host:]port>', 'start the admin server: a web page, /livez, /readyz, /metrics, /status (default: none)', { says: 'a port, or a host and a port as 127.0.0.1:9000' }),
  option('admin.token', '--admin-token <token>', 'bearer token that allows reload, restart and scale through the admin server; FASTIFY_ADMIN_TOKEN keeps it out of the process list', { says: 'at least 16 letters, digits or any of ._~+/-' }),
  option('admin.hosts', '--admin-host <name>', 'additional Host name that the admin server accepts, besides IP addresses and localhost; may be repeated')
]

/** The schema of a config file. The build compiles it to dist/validators/config-file.js. */
export const fileSchema = {
  type: 'object',
  description: 'an object, or a function that returns one',
  additionalProperties: false,
  properties: {
    ...Object.fromEntries(settings.filter(({ name, notInFile }) => notInFile !== true && !name.includes('.')).map(({ name, takes }) => [name, takes])),
    ...options
  } as Record<string, Part>
} as const

/** Whether this is an option of the plugin. */
export function isOption ({ name }: Setting): boolean {
  return name.split('.')[0] as string in options
}

/** A setting of the command only. */
function own (name: string, flags: string | undefined, description: string, takes: Part, more: More = {}): Setting {
  return { name, description, takes, ...(flags !== undefined && { flags }), ...more }
}

/** An option of the plugin. Its accepted values come from the plugin's schema. */
function option (name: string, flags?: string, description?: string, more: More = {}): Setting {
  const takes = name.split('.').reduce<Part>((part, key) => part.properties?.[key] as Part, { properties: options })
  return { name, takes, ...(flags !== undefined && { flags }), ...(description !== undefined && { description }), ...more }
}

function anInteger (minimum: number, maximum: number, more: Part = {}): Part {
  return { type: 'integer', minimum, maximum, description: `an integer from ${minimum} to ${maximum}`, ...more }
}

function oneOf (names: readonly string[]): string {
  return `one of ${names.map(name => `'${name}'`).join(', ')}`
}
