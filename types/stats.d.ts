import type { LaneName, PolicyName } from './options.js'

// The results of `stats()`, and of the control socket and the admin server.

/** The states of a worker. `stats()` never lists a worker as `'exited'`: it has been removed by then. */
export type WorkerState = 'starting' | 'ready' | 'draining' | 'exited'

/** One worker. Counts are since the worker started; rates and shares are of the last second that it reported. */
export interface WorkerStats {
  /** `cluster.worker.id`. An id is never used again. */
  id: number
  /** The number of the worker's slot, from 0. The worker that replaces it has the same slot. */
  slot: number
  /** The process id; `undefined` if the process could not be started. */
  pid: number | undefined
  state: WorkerState
  /** The number of the reload that started this worker; 0 before the first reload. */
  generation: number
  /** Milliseconds since the process was started. */
  age: number
  /** The number of crashes of earlier workers in the same slot. */
  restarts: number
  /** Connections sent to the worker. */
  handedOff: number
  /** Connections sent to the worker per second. */
  handedOffRate: number
  /** Connections that the worker took. */
  accepted: number
  /** Connections that the worker refused. Each was offered to another worker. */
  refused: number
  /** Connections taken back before the worker had received them. Each was sent to another worker. */
  takenBack: number
  /** Kept connections that the worker has returned to the primary, by the reason. Each goes to the worker that is chosen for its next request. */
  returned: ReturnCounts
  /** Connections sent to the worker that it has not acknowledged yet. */
  unacked: number
  /** Open connections. */
  open: number
  /** Requests that the worker has begun to answer. */
  requests: number
  /** Requests that the worker began to answer per second. */
  requestRate: number
  /** Resident memory in bytes; 0 before the first report. */
  rss: number
  /** The share of the time in which the event loop was busy, 0 to 1. */
  utilization: number
  /** The longest event loop delay, in milliseconds. */
  delay: number
  /** The number of times that the event loop was blocked for `stallAfter` or longer. */
  stalls: number
  /** Whether the worker is above a limit of `saturation`. */
  saturated: boolean
  /** Completed TLS handshakes. */
  handshakes: HandshakeStats
}

export interface HandshakeStats {
  /** Handshakes that began a new session. */
  full: number
  /** Handshakes that resumed a session by its ticket, which saves the certificate and its signature. */
  resumed: number
}

/** Kept connections that workers have returned to the primary, by the reason. */
export interface ReturnCounts {
  /** The worker drained: a reload, a scale-down, a recycling, or its own `close()`. */
  drain: number
  /** The connection had been idle for `returnAfter`, or was idle when another worker joined. */
  time: number
  /** A request had arrived, while the worker's event loop was blocked (`rescueAfter`). */
  rescue: number
}

/** One shared listener. */
export interface ListenerStats {
  /** The name of the listener: `host:port`, a path, or `fd:n`. A second app that listens on port 0 has `host:0@2`; several places of `--listen` have the first one, `and 2 more`. */
  key: string
  /** The addresses bound: for `localhost` there can be two, for `--listen` there are all; for a Unix socket it is the path. */
  addresses: Array<{ address: string, family: string, port: number } | string>
  /** Connections that have not been sent to a worker yet: accepted, or held until a request arrived. */
  pending: number
  /** Kept connections that the primary holds: idle, and without a worker. */
  held: number
}

export interface Stats {
  workers: WorkerStats[]
  /** Connections of all listeners that have not been sent to a worker yet: accepted, or held until a request arrived. */
  pending: number
  /** Kept connections of all listeners that the primary holds: idle, and without a worker. */
  held: number
  /** Connections rejected under overload since the start: beyond `maxPending`, or pending for longer than `pendingTimeout`. */
  shed: number
  listeners: ListenerStats[]
  /**
   * Whether the server should get traffic: at least one worker is ready, and no stop has begun. In a standalone
   * process: whether it is listening.
   */
  ready: boolean
}

/** The primary as a whole: `GET /status` of the control socket and of the admin server. */
export interface Status extends Stats {
  /** The `name` setting of the command; `null` if there is none. */
  name: string | null
  /** The process id of the primary. */
  pid: number
  /** The version of shared-fastify. */
  version: string
  /** The version of Node: `process.version`. */
  node: string
  mode: 'plugin' | 'command'
  /** The path of the app's file. */
  app: string
  /** The start of the primary, in milliseconds since the epoch. */
  startedAt: number
  /** Milliseconds since the start. */
  uptime: number
  /** The process id of the primary that takes the place of this one, during an upgrade; otherwise `null`. */
  successor: number | null
  /** `'ready'` if at least one worker is. */
  state: 'starting' | 'ready' | 'stopping'
  lane: LaneName
  policy: PolicyName | 'custom'
  /** The number of workers that the primary keeps running. */
  wanted: number
  /** The number of reloads so far. */
  generation: number
  /** The reload in progress, and the number of workers replaced so far; `null` if there is none. */
  reload: { generation: number, replaced: number, workers: number } | null
  /** Finished reloads since the start. */
  reloads: { completed: number, aborted: number }
  /** Crashes of workers since the start. */
  restarts: number
  /** The option `maxPending`. */
  maxPending: number
  /** Connections sent to workers since the start, including workers that have ended. */
  handedOff: number
  /** Kept connections that workers have returned since the start, including workers that have ended. */
  returned: ReturnCounts
  /** Requests that workers have begun to answer since the start, including workers that have ended. */
  requests: number
  /** Whether this client may request a reload or a scaling. */
  steerable: boolean
}

/** One second of the last ten minutes, as the admin server reports it. */
export interface Sample {
  /** Milliseconds since the epoch. */
  time: number
  /** Connections sent to workers in that second. */
  connections: number
  /** Requests begun in that second. */
  requests: number
  /** Open connections. */
  open: number
  /** Connections that have not been sent to a worker yet. */
  pending: number
  /** Kept connections that the primary holds. */
  held: number
  /** Connections shed in that second. */
  shed: number
  /** The mean utilization of the workers that are ready, 0 to 1. */
  utilization: number
  /** The utilization of the busiest worker, 0 to 1. */
  busiest: number
}
