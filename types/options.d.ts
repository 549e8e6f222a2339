import type { FastifyInstance } from 'fastify'
import type { WorkerExit } from './events.js'

// What the plugin takes.

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

  /** How `reload()` goes. */
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
