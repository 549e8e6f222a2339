import type { FastifyPluginCallback } from 'fastify'

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

  /** How {@link SharedPort.reload} goes. */
  reload?: ReloadOptions

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
}

/** `fastify.sharedPort` */
export interface SharedPort {
  readonly role: Role
  /** `cluster.worker.id` in a worker, 0 elsewhere. */
  readonly workerId: number
  /** How often the workers had been reloaded when this one started; in the primary, how often they have been. */
  readonly generation: number
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
