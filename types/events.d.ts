// The events of `fastify.sharedPort`.

export interface WorkerEvent {
  /** `cluster.worker.id`. An id is never used again. */
  id: number
  /** The number of the worker's slot, from 0. The worker that replaces it has the same slot. */
  slot: number
  /** The process id; `undefined` if the process could not be started. */
  pid: number | undefined
  /** The number of the reload that started this worker; 0 before the first reload. */
  generation: number
}

export interface WorkerExit extends WorkerEvent {
  /** The exit code; `null` if a signal ended the process, or it could not be started. */
  code: number | null
  /** The signal that ended the process; `null` if it exited. */
  signal: NodeJS.Signals | null
  /** Whether the primary had told the worker to exit. If `false`, the exit counts as a crash. */
  asked: boolean
}

export interface WorkerStalled extends WorkerEvent {
  /** How long nothing has been heard from the worker, in milliseconds. */
  silence: number
}

/**
 * The events of {@link SharedPort}. Only `draining` is emitted in every role; the others are emitted in the primary.
 * An event is emitted one tick after its cause. An error that a listener throws is logged (`listener-error`).
 */
export interface SharedPortEvents {
  /**
   * `draining` has become true. Emitted once. Stop long-running work that is not part of a request. A listener that is
   * added after the event is not called: check `draining` first.
   */
  draining: []
  /** A worker process has been started. */
  'worker-start': [worker: WorkerEvent]
  /** A worker is ready: it gets connections from now on. */
  'worker-ready': [worker: WorkerEvent]
  /** A worker process has ended. */
  'worker-exit': [worker: WorkerExit]
  /** A reload has begun. */
  'reload-start': [reload: { generation: number }]
  /** A reload is done: all workers have been replaced. */
  'reload-end': [reload: { generation: number }]
  /** A reload has failed: a new worker ended before it was ready. Old workers that were not replaced yet keep running. */
  'reload-aborted': [reload: { generation: number, error: Error }]
  /** An upgrade has begun: a new primary is starting, with this process id. */
  'upgrade-start': [successor: { pid: number }]
  /** An upgrade is done: the new primary accepts connections, and this one finishes those that it has. */
  upgraded: [successor: { pid: number }]
  /** An upgrade has failed, and everything is as before. */
  'upgrade-aborted': [upgrade: { error: Error }]
  /**
   * `maxPending` connections are waiting for a worker on this listener. Not emitted again for the listener until half
   * of them are gone.
   */
  overloaded: [listener: { key: string, pending: number }]
  /** A worker's event loop has been blocked for 3 seconds, or for `livenessTimeout` if that is shorter. */
  stalled: [worker: WorkerStalled]
}
