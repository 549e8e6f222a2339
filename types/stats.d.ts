import type { LaneName, PolicyName } from './options.js'

// What `stats()`, and the control socket and the admin server, answer.

/** A worker's stage of life. `exited` is none that stats() tell of: it is out of them by then. */
export type WorkerState = 'starting' | 'ready' | 'draining' | 'exited'

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
