import type { EventEmitter } from 'node:events'
import type { FastifyInstance, FastifyPluginCallback } from 'fastify'

/** Which of the parts this process plays. */
export type Role = 'primary' | 'worker' | 'standalone'

/** How connections travel from the primary to a worker. */
export type LaneName = 'native' | 'ipc'

/** Who is next. */
export type PolicyName = 'round-robin' | 'least-connections' | 'sticky'

/** A worker as a policy of your own sees it: a live view, the same object each time. */
export interface WorkerView {
  /** `cluster.worker.id`: never used twice. */
  readonly id: number
  /** Connections that it has open: as of now in the native lane, a quarter of a second old at most in the ipc lane. */
  readonly open: number
  /**
   * Connections sent to it that it has not answered for yet, those that are dealt right now included.
   * For a moment one may count as open already.
   */
  readonly unacked: number
  /** The share of the last second in which its event loop was busy, 0 to 1. */
  readonly utilization: number
  readonly generation: number
}

/** What a policy of your own may know of a connection. */
export interface ConnectionView {
  /** The client's address, without the port; `undefined` for a Unix socket. */
  readonly remoteAddress: string | undefined
}

/**
 * A policy of your own, called in the primary for each connection. `workers` are those that can take
 * it now, in the order of joining, without saturated ones while others can; the array is used again,
 * so keep none. It returns one of them, or `null`: then the connection stays pending, and is asked for
 * again when a worker can take more, and every 100 ms. What it throws, or returns otherwise, is logged
 * once for each listener, and round robin serves.
 */
export type PolicyFunction = (workers: readonly WorkerView[], connection: ConnectionView) => WorkerView | null

/** When a worker counts as saturated: by its last second. What is left out is no limit. */
export interface SaturationOptions {
  /** The share of the time in which its event loop is busy, over 0 and up to 1. */
  utilization?: number
  /** Milliseconds that its event loop was late, at the most, at least 1. */
  delay?: number
}

/** A worker's stage of life. `exited` is none that stats() tell of: it is out of them by then. */
export type WorkerState = 'starting' | 'ready' | 'draining' | 'exited'

export interface ReloadOptions {
  /**
   * How many workers are replaced at a time, 1 to 1024: so many processes are there beyond `workers`.
   * @default 1
   */
  concurrency?: number
}

/**
 * When a worker is replaced by a new one, start-first and one at a time. Looked at once a second.
 * What is left out is no limit.
 */
export interface RecycleOptions {
  /** Requests that it has begun to answer, at least 1. */
  requests?: number
  /** Its resident memory: bytes, or a text like `'512mb'` (b, kb, mb, gb; 1 kb is 1024 bytes). */
  rss?: number | string
  /** Milliseconds since it was ready, at least 1. */
  age?: number
  /**
   * 0 to 1: each worker's own limits are lower by a random share, up to this, so that workers of one
   * age are not all due at once.
   * @default 0.1
   */
  jitter?: number
}

/** Where the admin server listens, and who may do more than look. */
export interface AdminOptions {
  /** 0 to 65535; 0: any that is free, which the log tells. */
  port: number
  /** @default '127.0.0.1' */
  host?: string
  /** What `Authorization: Bearer` has to say for a reload or a scaling: at least 16 characters. Left out: nobody may. */
  token?: string
  /** Names by which it may be asked for (the Host header), beside addresses, `localhost` and `host`: those of a proxy in front of it. */
  hosts?: string[]
}

/** How many crashes are too many. */
export interface MaxRestarts {
  /** Replacements of workers that ended unasked, 0 to 1,000,000. Left out: no limit. */
  count?: number
  /**
   * Milliseconds that are looked back, 1 to 2,147,483,647; with `count` only.
   * @default 60000
   */
  within?: number
}

export interface SharedPortOptions {
  /**
   * How many worker processes serve the port: an integer from 1 to 1024, or `'auto'`: as many as
   * the CPUs that this process may use (its affinity and its cgroup's quota, rounded up, at least 1).
   * `0` shares nothing: Fastify listens as it always does (role `standalone`).
   * @default 'auto'
   */
  workers?: number | 'auto'

  /**
   * Milliseconds that a stopping worker has to finish what it has, 0 to 2,147,482,647; then its
   * connections are destroyed, and what still lives a second later is killed.
   * @default 10000
   */
  grace?: number

  /**
   * Whether the primary stops on SIGTERM, SIGINT and SIGQUIT, and the workers ignore the terminal's
   * SIGINT and SIGQUIT and drain on SIGTERM. `false` leaves all handlers to the app.
   * @default true
   */
  signals?: boolean

  /**
   * How connections travel to the workers: `'native'` (Linux: descriptors over a Unix socket, many at
   * a time), `'ipc'` (any platform: one by one over Node's own channel), or `'auto'`: native where it
   * loads, else ipc.
   * @default 'auto'
   */
  lane?: LaneName | 'auto'

  /**
   * Milliseconds after which connections that a worker has been sent, but has not received since its
   * event loop is busy, are taken back for another worker that has time; twice as long for each time
   * that they have moved. 0: never. In the native lane only.
   * @default 2
   */
  takeBackAfter?: number

  /**
   * Milliseconds that a worker has to become ready; then it is killed, and has failed. 0: no limit.
   * @default 30000
   */
  bootTimeout?: number

  /**
   * Called in a worker when its Fastify is ready, before it listens: with the instance that the plugin
   * is registered on. Connections come when what it returns is fulfilled; what it throws makes listen()
   * reject, and the worker fail. How long it may take, `bootTimeout` says. With `workers: 0` there is no
   * worker, and it is not called.
   */
  readyCheck?: (fastify: FastifyInstance) => unknown

  /** How {@link SharedPort.reload} goes. */
  reload?: ReloadOptions

  /**
   * Milliseconds for which a worker's event loop may not turn; then it is killed, and replaced. At
   * least 2000, 0: never. One whose inspector is open, for a debugger, is let alone. A worker whose
   * event loop turns and that acks no connection for so long (0: for 30000) has lost its lane, and is
   * killed and replaced too.
   * @default 30000
   */
  livenessTimeout?: number

  /** When a worker that works is replaced all the same. */
  recycle?: RecycleOptions

  /** How many crashes make the primary give up: it drains, and exits with 1. */
  maxRestarts?: MaxRestarts

  /**
   * Milliseconds for which connections are served as before after SIGTERM, 0 to 2,147,483,647, so that
   * a load balancer sees `draining` first.
   * @default 0
   */
  closeDelay?: number

  /**
   * The user that the workers run as: a name or a numeric id. The primary, which binds, stays what it
   * is: root, or nothing else is permitted. A socket file is given to the user.
   */
  user?: string | number

  /**
   * The group that the workers run as: a name or a numeric id. Others that this process has are dropped.
   * @default the user's own
   */
  group?: string | number

  /** The mode of a socket file (TCP ports have none): a number up to 0o777, or octal digits: `'660'`. Left out: as umask(2) has it. */
  socketMode?: string | number

  /** Called in the primary when a worker's process has been started. What it throws is logged. */
  onWorkerStart?: (id: number) => unknown

  /** Called in the primary when a worker's process has ended. What it throws is logged. */
  onWorkerExit?: (id: number, end: Pick<WorkerExit, 'code' | 'signal'>) => unknown

  /**
   * Who gets the next connection. `'round-robin'`: each in turn. `'least-connections'`: who has the
   * fewest open, in turn where those are equal. `'sticky'`: the same client address, the same worker;
   * one that comes or goes moves its own share of the clients alone. Or a function of your own.
   * @default 'round-robin'
   */
  policy?: PolicyName | PolicyFunction

  /**
   * Milliseconds that a connection waits for its client's own worker when that is busy (policy
   * `'sticky'`); then it goes to another.
   * @default 1000
   */
  stickyWait?: number

  /**
   * How many leading bits of an IPv6 address make a client (policy `'sticky'`), 1 to 128: a network is
   * given /64, out of which its hosts choose addresses at will (RFC 8981).
   * @default 64
   */
  stickyIpv6Prefix?: number

  /**
   * Milliseconds for which a worker's event loop stands still that make a stall, at least 20: each is
   * counted, and in the log with the route that it was in, where that can be told.
   * @default 50
   */
  stallAfter?: number

  /** When a worker gets no connections, as long as others are not saturated. Left out: never. */
  saturation?: SaturationOptions

  /**
   * Connections that are accepted and wait for a worker, for each listener, 1 to 1,048,576. In the
   * native lane the primary then stops accepting, until half of them are gone: what comes waits in the
   * kernel's backlog. The ipc lane cannot: it closes the newest, but for a burst that workers have time for.
   * @default 1024
   */
  maxPending?: number

  /**
   * What becomes of connections beyond `maxPending`. `'wait'`: as said there. `'shed'`: they are
   * answered `503 Service Unavailable` with `Retry-After`, and reset where HTTP/1 is not what is
   * spoken in plain: TLS, and HTTP/2 without.
   * @default 'wait'
   */
  onOverload?: 'wait' | 'shed'

  /**
   * Milliseconds that an accepted connection waits for a worker; then it is shed. 0: no limit.
   * @default 10000
   */
  pendingTimeout?: number

  /**
   * Connections that a worker is given at a time, those sent to it and not acked included. A full one
   * is passed over; when all are, the connections wait. Left out: no limit. (An app's `server.maxConnections` refuses; this does not offer.)
   */
  maxConnectionsPerWorker?: number

  /**
   * Milliseconds after which the key that TLS session tickets are sealed with is changed; the former one
   * is accepted for as long again. 0: never.
   * @default 43200000 (12 hours)
   */
  ticketLifetime?: number

  /**
   * The control socket of the primary, by which `shared-fastify status`, `reload` and the others find
   * it: a Unix socket that only this user may open. `true`: at `shared-fastify/<pid>.sock` in
   * `$XDG_RUNTIME_DIR` or `/run/user/<uid>`, else at `/tmp/shared-fastify-<uid>/<pid>.sock`. Or a path
   * of your own. `false`: none. (Linux and macOS.)
   * @default true
   */
  control?: boolean | string

  /**
   * The admin server of the primary: a page, `/livez`, `/readyz`, `/metrics` and `/status`. A port (of
   * 127.0.0.1), a text like `'127.0.0.1:9000'`, or an object. Left out: none.
   */
  admin?: number | string | AdminOptions
}

/**
 * What a config file of the command takes: `export default { ... } satisfies CommandConfig`, or an (async)
 * function that returns it. The plugin's options, and the command's own. Paths are from the file's folder.
 */
export interface CommandConfig extends Omit<SharedPortOptions, 'readyCheck' | 'signals' | 'workers'> {
  /** How many workers: an integer from 1 to 1024, or `'auto'`. */
  workers?: number | 'auto'

  /** The app's file, where the command line names none. */
  app?: string

  /**
   * 0 to 65,535; 0: any that is free.
   * @default 3000
   */
  port?: number

  /** @default 'localhost', and '0.0.0.0' in Docker and Kubernetes */
  address?: string

  /** The path of a Unix socket, instead of a port. */
  socket?: string

  /** An inherited descriptor of a listening socket, instead of a port. */
  fd?: number

  /** Prefix of the app's routes. */
  prefix?: string

  /**
   * Whether Fastify is made with what the app exports as `options`.
   * @default false
   */
  options?: boolean

  /** Modules that are loaded before the app. */
  import?: string[]
  /** Development: a changed file restarts the workers. @default false */
  watch?: boolean
  /** Files that change nothing: paths, or patterns as in .gitignore; with `watch`. */
  watchIgnore?: string[]

  /**
   * 1 to 64 printable characters, for log lines (`name`) and the process list: `NAME: primary`,
   * `NAME: worker 3`. Left out: Node's own titles.
   */
  name?: string

  /** File that has the primary's process id while it runs. */
  pidfile?: string

  /** Where the inspector of one worker is opened: `true` for 127.0.0.1:9229, a port, or a text like `'0.0.0.0:9229'`. */
  inspect?: boolean | number | string

  /** The same, and the worker waits for a debugger before it loads the app. */
  inspectBrk?: boolean | number | string

  /**
   * Which worker is inspected: the number of its slot.
   * @default 0
   */
  inspectWorker?: number

  /** @default 'info' */
  logLevel?: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

  /** Readable logs, or JSON. Left out: readable on a terminal. */
  prettyLogs?: boolean

  /**
   * Milliseconds that a plugin may take to load; 0: no limit.
   * @default 10000
   */
  pluginTimeout?: number

  /** Bytes of the largest request body, at least 1. Left out: Fastify's default. */
  bodyLimit?: number
}

/** One worker as the primary sees it. Counts are since the worker started. */
export interface WorkerStats {
  /** `cluster.worker.id`: never used twice. */
  id: number
  /** The number of its place among the workers, from 0 on: who replaces it has the same. */
  slot: number
  /** Process id; `undefined` when the process could not be started. */
  pid: number | undefined
  state: WorkerState
  generation: number
  /** Milliseconds since its process was started. */
  age: number
  /** How often a worker of its slot had crashed before it. */
  restarts: number
  /** Connections sent to it. */
  handedOff: number
  /** Connections sent to it in a second: the last one that it reported. */
  handedOffRate: number
  /** Connections that it took. */
  accepted: number
  /** Connections that it refused; each went to another worker. */
  refused: number
  /** Connections taken back from it before it had received them; each went to another worker. */
  takenBack: number
  /** Connections sent to it that it has not answered for yet. */
  unacked: number
  /** Connections that it has open, as it last reported. */
  open: number
  /** Requests that it has begun to answer, as it last reported: once a second. */
  requests: number
  /** Requests that it began to answer in a second: the last one that it reported. */
  requestRate: number
  /** Its resident memory in bytes, as it last reported: once a second; 0 before. */
  rss: number
  /** The share of the last second in which its event loop was busy, 0 to 1, as it last reported. */
  utilization: number
  /** Milliseconds that its event loop was late in the last second, at the most, as it last reported. */
  delay: number
  /** How often its event loop stood still for `stallAfter` or longer, as it last reported. */
  stalls: number
  /** Whether it is over a limit of `saturation`. */
  saturated: boolean
  /** TLS handshakes that it has finished, as it last reported: once a second. */
  handshakes: HandshakeStats
}

export interface HandshakeStats {
  /** Those of new sessions. */
  full: number
  /** Those that took up a session again, by its ticket: without a certificate and its signature. */
  resumed: number
}

/** One shared listener. */
export interface ListenerStats {
  /** Its name among the listeners: `host:port`, the path, or `fd:n`; `host:0@2` for a second app on a port of the kernel's choice. */
  key: string
  /** The addresses bound: one, or both families of `localhost`; a path for a Unix socket. */
  addresses: Array<{ address: string, family: string, port: number } | string>
  /** Accepted connections that no worker has been sent yet. */
  pending: number
}

export interface Stats {
  workers: WorkerStats[]
  /** Accepted connections that no worker has been sent yet. */
  pending: number
  /** Connections that no worker was to have: beyond `maxPending`, or pending for longer than `pendingTimeout`. Since the start. */
  shed: number
  listeners: ListenerStats[]
  /**
   * Whether connections should come here: at least one worker is ready, and no stop has begun. In a
   * standalone process: whether it listens.
   */
  ready: boolean
}

/** What the primary says of itself: `GET /status` of the control socket and of the admin server. */
export interface Status extends Stats {
  /** What it is called, where it has a name. */
  name: string | null
  pid: number
  /** Of shared-fastify. */
  version: string
  /** Of Node: `process.version`. */
  node: string
  mode: 'plugin' | 'command'
  /** The path of the app's file: what the workers load, or run. */
  app: string
  /** Milliseconds since the epoch. */
  startedAt: number
  /** Milliseconds since then. */
  uptime: number
  /** `ready`: at least one worker is. */
  state: 'starting' | 'ready' | 'stopping'
  lane: LaneName
  policy: PolicyName | 'custom'
  /** How many workers it keeps. */
  wanted: number
  /** How often the workers have been reloaded. */
  generation: number
  /** The reload that is under way: how many of the workers are replaced. */
  reload: { generation: number, replaced: number, workers: number } | null
  /** Since the start. */
  reloads: { completed: number, aborted: number }
  /** Crashes of workers since the start: each is replaced. */
  restarts: number
  /** The option, for each listener. */
  maxPending: number
  /** Connections sent to workers since the start, those that are gone included. */
  handedOff: number
  /** Requests that workers have begun to answer since the start, those that are gone included. */
  requests: number
  /** Whether a reload and a scaling can be asked for where this was asked for. */
  steerable: boolean
}

/** One second of the last ten minutes, on the admin server. */
export interface Sample {
  /** Milliseconds since the epoch. */
  time: number
  /** Connections sent to workers in that second. */
  connections: number
  /** Requests begun in that second. */
  requests: number
  /** Connections that are open. */
  open: number
  /** Accepted connections that no worker has been sent yet. */
  pending: number
  /** Connections shed in that second. */
  shed: number
  /** The utilization of the workers that are ready, 0 to 1: their mean. */
  utilization: number
  /** That of the busiest. */
  busiest: number
}

export interface WorkerEvent {
  /** `cluster.worker.id`: never used twice. */
  id: number
  /** The number of its place among the workers, from 0 on: who replaces it has the same. */
  slot: number
  /** Process id; `undefined` when the process could not be started. */
  pid: number | undefined
  generation: number
}

export interface WorkerExit extends WorkerEvent {
  /** `null` when a signal ended it, or it could not be started. */
  code: number | null
  signal: NodeJS.Signals | null
  /** Whether it ended as it was told to; otherwise it counts as a crash. */
  asked: boolean
}

export interface WorkerStalled extends WorkerEvent {
  /** Milliseconds since its event loop was last known to turn. */
  silence: number
}

/** What {@link SharedPort} emits in the primary, each a tick after it happened. What a listener throws is logged. */
export interface SharedPortEvents {
  /**
   * In every role, once: `draining` has become true, and whatever no request waits for has to come to an end. A listener
   * that is added later hears nothing: look at `draining` first.
   */
  draining: []
  'worker-start': [worker: WorkerEvent]
  'worker-ready': [worker: WorkerEvent]
  'worker-exit': [worker: WorkerExit]
  'reload-start': [reload: { generation: number }]
  'reload-end': [reload: { generation: number }]
  'reload-aborted': [reload: { generation: number, error: Error }]
  /** So many connections wait for a worker that there are to be no more: `maxPending`. Once, until half of them are gone. */
  overloaded: [listener: { key: string, pending: number }]
  /** Its event loop has not turned for 3 seconds, or for `livenessTimeout` where that is less. */
  stalled: [worker: WorkerStalled]
}

/** `fastify.sharedPort`. Elsewhere than in the primary it emits `draining` alone. */
export interface SharedPort extends EventEmitter<SharedPortEvents> {
  readonly role: Role
  /** `cluster.worker.id` in a worker, 0 elsewhere. */
  readonly workerId: number
  /** How often the workers had been reloaded when this one started; in the primary, how often they have been. */
  readonly generation: number
  /**
   * In a worker: whether it is to end, or the whole server: time for a long task to come to an end. (A
   * health check asks `stats().ready`: a worker drains at a reload too.) In the primary: whether it stops.
   * Standalone: whether close() has begun. The event `draining` says when it becomes true.
   */
  readonly draining: boolean
  /**
   * What the primary knows of its workers; the same in the primary and in every worker. In a
   * standalone process: no workers, no listeners.
   * @throws SHARED_PORT_ERR_PRIMARY_GONE in a worker whose primary no longer answers
   */
  stats (): Promise<Stats>
  /**
   * In the primary: replaces every worker by one of the next generation. Each new one is ready
   * before an old one drains; resolves when the old ones are gone. Called again meanwhile, both
   * calls end with the newest generation.
   * @throws SHARED_PORT_ERR_WORKER_FAILED with the new worker's error as its cause, when one ends
   * before it is ready: the old ones that are left stay
   * @throws SHARED_PORT_ERR_NOT_RUNNING elsewhere, before listen() and from close() on
   */
  reload (): Promise<void>
  /**
   * In the primary: keeps so many workers from now on, an integer from 1 to 1024. Resolves when the
   * new ones are ready, or those that leave, the newest first, are gone.
   * @throws SHARED_PORT_ERR_SCALE it is no such integer
   * @throws SHARED_PORT_ERR_WORKER_FAILED with the new worker's error as its cause, when one ends
   * before it is ready: it is not tried again, and the others are kept without it (with `--watch` the next
   * change tries it again)
   * @throws SHARED_PORT_ERR_NOT_RUNNING elsewhere, before listen() and from close() on
   */
  scale (workers: number): Promise<void>
}

declare module 'fastify' {
  interface FastifyInstance {
    sharedPort: SharedPort
  }
}

/**
 * Serves this Fastify app from `workers` processes on one port. Register it before `listen`.
 *
 * @throws SHARED_PORT_ERR_OPTIONS an option that is not known, or not what it may be
 * @throws SHARED_PORT_ERR_OPTIONS_DIFFER other options than an instance before it in this process
 * @throws SHARED_PORT_ERR_REGISTERED_TWICE registered before on this instance
 * @throws SHARED_PORT_ERR_ALREADY_LISTENING the instance's server listens already
 * @throws SHARED_PORT_ERR_NODE_UNSUPPORTED this Node lacks what the plugin needs of it
 */
declare const sharedPort: FastifyPluginCallback<SharedPortOptions> & {
  default: typeof sharedPort
  sharedPort: typeof sharedPort
}

export { sharedPort, sharedPort as default, sharedPort as 'module.exports' }
