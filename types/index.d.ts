import type { EventEmitter } from 'node:events'
import type { FastifyInstance, FastifyPluginCallback } from 'fastify'

/** Which of the parts this process plays. */
export type Role = 'primary' | 'worker' | 'standalone'

/** How connections travel from the primary to a worker. */
export type LaneName = 'native' | 'ipc'

/** Who is next. */
export type PolicyName = 'round-robin'

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
   * least 2000, 0: never. One whose inspector is open, for a debugger, is let alone.
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
   * Who gets the next connection: `'round-robin'`, each in turn.
   * @default 'round-robin'
   */
  policy?: PolicyName
}

/** One worker as the primary sees it. Counts are since the worker started. */
export interface WorkerStats {
  /** `cluster.worker.id`: never used twice. */
  id: number
  /** Process id; `undefined` when the process could not be started. */
  pid: number | undefined
  state: WorkerState
  generation: number
  /** Connections sent to it. */
  handedOff: number
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
  /** Its resident memory in bytes, as it last reported: once a second; 0 before. */
  rss: number
}

/** One shared listener. */
export interface ListenerStats {
  /** Its name among the listeners: `host:port`, the path, or `fd:n`; `host:0@2` for a second app on a port of the kernel's choice. */
  key: string
  /** The addresses bound: one, or both families of `localhost`; a path for a Unix socket. */
  addresses: Array<{ address: string, family: string, port: number } | string>
}

export interface Stats {
  workers: WorkerStats[]
  /** Accepted connections that no worker has been sent yet. */
  pending: number
  listeners: ListenerStats[]
  /**
   * Whether connections should come here: at least one worker is ready, and no stop has begun. In a
   * standalone process: whether it listens.
   */
  ready: boolean
}

export interface WorkerEvent {
  /** `cluster.worker.id`: never used twice. */
  id: number
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
  'worker-start': [worker: WorkerEvent]
  'worker-ready': [worker: WorkerEvent]
  'worker-exit': [worker: WorkerExit]
  'reload-start': [reload: { generation: number }]
  'reload-end': [reload: { generation: number }]
  'reload-aborted': [reload: { generation: number, error: Error }]
  /** Its event loop has not turned for 3 seconds, or for `livenessTimeout` where that is less. */
  stalled: [worker: WorkerStalled]
}

/** `fastify.sharedPort`. Elsewhere than in the primary it emits nothing. */
export interface SharedPort extends EventEmitter<SharedPortEvents> {
  readonly role: Role
  /** `cluster.worker.id` in a worker, 0 elsewhere. */
  readonly workerId: number
  /** How often the workers had been reloaded when this one started; in the primary, how often they have been. */
  readonly generation: number
  /**
   * In a worker: whether it is to end, or the whole server: time for a long task to come to an end. (A
   * health check asks `stats().ready`: a worker drains at a reload too.) In the primary: whether it stops.
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
   * before it is ready; it is started again all the same
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
