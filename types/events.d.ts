// What `fastify.sharedPort` emits.

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
