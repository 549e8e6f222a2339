import type { FastifyInstance } from 'fastify'
import type { WorkerExit } from './events.js'

// The options of the plugin. docs/OPTIONS.md is made from the docstrings here: `npm run reference`.

/** The ways in which a connection travels from the primary to a worker. */
export type LaneName = 'native' | 'ipc'

/** The built-in ways to choose the worker for the next connection. */
export type PolicyName = 'round-robin' | 'least-connections' | 'sticky'

/** A worker as a policy function sees it: a live view, the same object in each call. */
export interface WorkerView {
  /** `cluster.worker.id`. An id is never used again. */
  readonly id: number
  /** The worker's open connections: exact in the native lane, up to 250 ms old in the ipc lane. */
  readonly open: number
  /**
   * Connections sent to the worker, or chosen for it just now, that it has not acknowledged yet. For a moment a
   * connection can be counted both here and in `open`.
   */
  readonly unacked: number
  /** The share of the last second in which the worker's event loop was busy, 0 to 1. */
  readonly utilization: number
  /** The number of the reload that started this worker; 0 before the first reload. */
  readonly generation: number
}

/** A connection as a policy function sees it. */
export interface ConnectionView {
  /** The client's address without the port; `undefined` for a Unix socket. */
  readonly remoteAddress: string | undefined
}

/**
 * Chooses the worker for a connection. It runs in the primary, once for each connection.
 *
 * `workers` holds the workers that can take a connection now, oldest first; saturated workers are left out while
 * others can take one. The array is reused after the call, so do not keep it.
 *
 * Return one of them, or `null` to leave the connection pending: the function is called for it again when a worker
 * can take more, and every 100 ms. If the function throws or returns anything else, the connection goes by round
 * robin, and the error is logged once for each listener (`policy-error`).
 */
export type PolicyFunction = (workers: readonly WorkerView[], connection: ConnectionView) => WorkerView | null

/** The limits above which a worker counts as saturated, measured over its last second. A limit that is not set does not apply. */
export interface SaturationOptions {
  /** The share of the time in which the worker's event loop is busy: more than 0, at most 1. */
  utilization?: number
  /** The longest event loop delay, in milliseconds. */
  delay?: number
}

export interface ReloadOptions {
  /**
   * The number of workers that a reload replaces at the same time. While a reload runs, there are up to this many
   * processes more than `workers`.
   * @default 1
   */
  concurrency?: number
}

/**
 * The limits at which a worker is replaced. They are checked once a second, and one worker is replaced at a time. A
 * limit that is not set does not apply.
 */
export interface RecycleOptions {
  /** The number of requests that the worker has begun to answer. */
  requests?: number
  /** The worker's resident memory: bytes, or a text like `'512mb'` (units: b, kb, mb, gb; 1 kb is 1,024 bytes). */
  rss?: number | string
  /** The time since the worker became ready, in milliseconds. */
  age?: number
  /**
   * Lowers each worker's limits by a random share between 0 and this one, so that workers of the same age are not
   * replaced at the same time.
   * @default 0.1
   */
  jitter?: number
}

export interface AdminOptions {
  /** The port to listen on. With 0 the system chooses a free port, and the log says which (`admin`). */
  port: number
  /**
   * The address to listen on.
   * @default '127.0.0.1'
   */
  host?: string
  /**
   * The secret that allows a reload or a scaling through the admin server: clients send `Authorization: Bearer <token>`.
   * Without a token nobody can reload, restart or scale through it.
   */
  token?: string
  /**
   * Additional Host names that the admin server accepts, such as that of a proxy in front of it. It always accepts
   * IP addresses, `localhost` and its own `host`; requests with any other name are answered 421.
   * @default []
   */
  hosts?: string[]
}

export interface MaxRestarts {
  /** The number of crashes to tolerate within `within` milliseconds. With one more, the primary gives up. */
  count?: number
  /**
   * The period over which crashes are counted, in milliseconds. Only valid together with `count`.
   * @default 60000
   */
  within?: number
}

export interface SharedPortOptions {
  // Worker processes

  /**
   * The number of worker processes. `'auto'` starts one for each CPU that this process may use: the CPUs of its
   * affinity, or of its cgroup's CPU quota if that is less, rounded up. With `0` there are no workers: Fastify
   * listens in this process, as it does without the plugin (role `'standalone'`).
   *
   * The command does not accept 0.
   * @default 'auto'
   */
  workers?: number | 'auto'

  /**
   * How long a worker may take to become ready, in milliseconds. A worker that takes longer is killed, and counts as
   * failed (`SHARED_PORT_ERR_BOOT_TIMEOUT`). 0: no limit.
   * @default 30000
   */
  bootTimeout?: number

  /**
   * A check that each worker runs before it gets connections. It is called with the Fastify instance after all
   * plugins are loaded, and may return a promise. If it throws or rejects, the worker's `listen()` rejects with
   * `SHARED_PORT_ERR_READY_CHECK`, and the worker fails. `bootTimeout` limits its duration. It is not called with
   * `workers: 0`.
   *
   * Each Fastify instance may have its own. The command does not accept this option: use an `onReady` hook in the app.
   */
  readyCheck?: (fastify: FastifyInstance) => unknown

  /**
   * The user that the workers run as: a name or a numeric id. The primary must be root or that user, and stays what it
   * is. A Unix socket that it creates is given to this user. If this is not possible, registering the plugin fails with
   * `SHARED_PORT_ERR_USER`.
   * @default the primary's user
   */
  user?: string | number

  /**
   * The group that the workers run as: a name or a numeric id. Supplementary groups are dropped. If this is not possible,
   * registering the plugin fails with `SHARED_PORT_ERR_USER`.
   * @default the group of `user`
   */
  group?: string | number

  /** A function that the primary calls when a worker process has been started. An error that it throws is logged (`listener-error`). */
  onWorkerStart?: (id: number) => unknown

  /**
   * A function that the primary calls when a worker process has ended. `code` is `null` if a signal ended the
   * process. An error that it throws is logged (`listener-error`).
   */
  onWorkerExit?: (id: number, end: Pick<WorkerExit, 'code' | 'signal'>) => unknown

  // Stop and reload

  /**
   * How long a worker that stops may take to finish its requests, in milliseconds. After that its open connections
   * are closed. A worker that is still there one second later is killed.
   * @default 10000
   */
  grace?: number

  /**
   * How long the server keeps accepting connections after SIGTERM, in milliseconds, while `stats().ready` is already
   * `false`. This gives load balancers time to stop sending traffic. SIGINT and SIGQUIT skip it.
   * @default 0
   */
  closeDelay?: number

  /**
   * Whether SIGTERM, SIGINT and SIGQUIT stop the server, SIGHUP reloads it, and SIGTTIN and SIGTTOU scale it.
   * `false` leaves all signals to the app.
   *
   * The command does not accept this option: it always handles signals.
   * @default true
   */
  signals?: boolean

  /**
   * Whether the primary replaces itself when it gets SIGUSR2 (docs/UPGRADING.md). nodemon sends this signal to restart
   * its child, so it is not taken unless you ask for it. Needs `signals`. The command does not accept this option: it
   * always takes the signal.
   * @default false
   */
  upgradeSignal?: boolean

  /** How a reload replaces the workers. */
  reload?: ReloadOptions

  // Health of workers

  /**
   * How long a worker's event loop may be blocked, in milliseconds. A worker that is blocked for longer is killed and
   * replaced (`worker-hung`). At least 2000; 0 never kills. A worker with an open inspector is not killed.
   *
   * The same limit applies to a worker that responds but acknowledges no connections: it has lost its lane, and is
   * killed and replaced (`lane-error`). If this option is 0, that limit is 30000.
   * @default 30000
   */
  livenessTimeout?: number

  /**
   * How long an event loop must be blocked to be counted as a stall, in milliseconds. Stalls are counted in `stats()`
   * and logged (`stall`), with the route if it is known.
   * @default 50
   */
  stallAfter?: number

  /**
   * When to replace a worker that works. As in a reload, the new worker is ready before the old one stops.
   * Use it to limit the effect of a memory leak.
   */
  recycle?: RecycleOptions

  /**
   * When to give up on workers that crash. If the limit is exceeded, the primary logs `crash-loop`, stops the
   * remaining workers gracefully, and exits with code 1. Without this option, crashed workers are replaced for ever.
   */
  maxRestarts?: MaxRestarts

  // Choice of the worker

  /**
   * How the worker for the next connection is chosen. `'round-robin'`: each worker in turn. `'least-connections'`: the
   * worker with the fewest open connections. `'sticky'`: the same worker for the same client address. Or a function
   * (type `PolicyFunction`).
   * @default 'round-robin'
   */
  policy?: PolicyName | PolicyFunction

  /**
   * How long a connection waits for its client's own worker while that worker is busy, in milliseconds (policy
   * `'sticky'`). After that another worker gets it.
   * @default 1000
   */
  stickyWait?: number

  /**
   * The number of leading bits of an IPv6 address that identify a client (policy `'sticky'`). Hosts choose addresses
   * freely within a network, which usually is a /64 (RFC 8981).
   * @default 64
   */
  stickyIpv6Prefix?: number

  /**
   * When a worker is passed over because it is too busy. If all workers are saturated, all of them get connections
   * again.
   */
  saturation?: SaturationOptions

  /**
   * The number of connections that a worker may have at a time, including those sent to it and not acknowledged yet. A
   * worker at the limit is passed over; if all workers are at the limit, connections wait in the primary. (Node's
   * `server.maxConnections` is different: a worker at that limit refuses a connection, which then goes to another one.)
   */
  maxConnectionsPerWorker?: number

  // Handing over connections

  /**
   * How connections travel to the workers. `'native'` sends descriptors over a Unix socket, many at a time; it needs
   * Linux; elsewhere, registering the plugin fails with `SHARED_PORT_ERR_LANE`. `'ipc'` uses Node's own channel between processes, one
   * connection at a time; it works on every platform. `'auto'` takes native if it is available, otherwise ipc.
   * @default 'auto'
   */
  lane?: LaneName | 'auto'

  /**
   * How long a connection may stay unreceived in a busy worker's queue, in milliseconds. After that it is taken back
   * and sent to a worker that has time. The time doubles each time that the connection moves. 0: never. Native lane
   * only.
   * @default 2
   */
  takeBackAfter?: number

  // Kept connections

  /**
   * How long a kept HTTP/1.1 connection may be idle in its worker, in milliseconds. Then the worker returns it to the
   * primary, which holds it without reading from it, and sends it to a worker when its next request arrives. So kept
   * connections even out over the workers, and an idle one needs no memory of a worker. When a worker joins, what is
   * idle is returned at once, so that the new worker has its share. The client does not notice; the app sees a new
   * socket (docs/KEPT-CONNECTIONS.md). TLS and HTTP/2 connections stay where they are. 0: never.
   * @default 5000
   */
  returnAfter?: number

  /**
   * Whether a worker that drains returns its kept HTTP/1.1 connections as soon as they are idle, so that a reload, a
   * scale-down or a recycling closes none of them. Otherwise the last answer on each says `Connection: close`, and idle
   * ones are closed.
   * @default true
   */
  returnOnDrain?: boolean

  /**
   * How long a request may wait on a kept connection of a worker whose event loop is blocked, in milliseconds. After
   * that the connection is moved to a worker that has time. With the policy `sticky`, this is at least `stickyWait`. 0:
   * never. HTTP/1.1 without TLS, native lane only.
   * @default 2
   */
  rescueAfter?: number

  // Overload

  /**
   * The number of accepted connections that may wait for a worker, for each listener. Above it, the native lane stops
   * accepting until half of them are gone; new connections wait in the kernel's backlog (`listen({ backlog })`). The
   * ipc lane cannot stop accepting: it closes the newest connections, unless it is a burst that the workers take quickly.
   * @default 1024
   */
  maxPending?: number

  /**
   * What happens to connections beyond `maxPending`. `'wait'`: see `maxPending`. `'shed'`: they are answered
   * `503 Service Unavailable` with `Retry-After`. Listeners that use TLS or HTTP/2 reset them instead.
   * @default 'wait'
   */
  onOverload?: 'wait' | 'shed'

  /**
   * How long an accepted connection may wait for a worker, in milliseconds. After that it is answered 503, or reset, as with
   * `onOverload: 'shed'`. 0: no limit.
   * @default 10000
   */
  pendingTimeout?: number

  // Sockets and TLS

  /**
   * The file mode of a Unix socket: a number up to `0o777`, or octal digits as a text: `'660'`. It has no effect on
   * TCP ports.
   * @default set by the umask
   */
  socketMode?: string | number

  /**
   * How long a key for TLS session tickets is used, in milliseconds. Tickets made with the previous key are accepted
   * for the same time again. 0: for ever.
   * @default 43200000
   */
  ticketLifetime?: number

  // Operation

  /**
   * The control socket: a Unix socket through which `shared-fastify status`, `reload` and the other commands reach
   * the primary. Only the same user can open it. `true` puts it at `shared-fastify/<pid>.sock` in `$XDG_RUNTIME_DIR`
   * or `/run/user/<uid>`, otherwise at `/tmp/shared-fastify-<uid>/<pid>.sock`. A text is a path of your own. `false`:
   * no control socket. Linux and macOS only.
   * @default true
   */
  control?: boolean | string

  /**
   * The admin server of the primary: a web page, `/livez`, `/readyz`, `/metrics` and `/status`. A port (on
   * 127.0.0.1), a text like `'127.0.0.1:9000'`, or an object.
   */
  admin?: number | string | AdminOptions
}
