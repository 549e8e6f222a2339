import { ClosedError, TooManyKeysError } from '../../errors.js'
import type { ListenTarget } from '../../fastify/listen-target.js'
import { type ErrorNotice, toNotice } from '../../error-notice.js'
import type { ToWorker } from '../../protocol.js'
import type { SafeLog } from '../../fastify/safe-log.js'
import type { Clock } from '../../platform/clock.js'
import { type Bound, closeAll } from './listener.js'
import type { Port } from './port.js'
import type { WorkerHandle } from '../workers/worker-handle.js'

export interface PortsParts {
  /** Binds the address that listen() was called with. */
  bind (target: ListenTarget, key: string): Promise<Bound[]>
  /** Listens on the bound handles. @throws listen(2)'s error; all are closed then */
  create (key: string, bound: Bound[]): Port
  /** For the workers: one set of keys, so that a TLS session of one worker can be resumed on another. */
  ticketKeys (): readonly string[]
  /** For the workers: the log level, if it was changed. */
  logLevel (): string | undefined
  /** For the workers: whether the metrics of their apps are wanted. */
  measured (): boolean
  clock: Clock
  log: SafeLog
}

/**
 * Milliseconds after which a warning is logged for a worker that waits for a key. Longer than apps take
 * between two calls of listen().
 */
const EARLY_PATIENCE = 5_000

/** The most keys that workers may wait for. More than any app has, but a worker may ask for anything. */
const MOST_EARLY = 1_024

/** The ports by key, and the answers to workers that ask for a key. */
export class Ports {
  readonly #parts: PortsParts
  readonly #ports = new Map<string, Port>()
  /** Keys that could not be opened, with the reason. */
  readonly #failures = new Map<string, ErrorNotice>()
  /** Workers that asked for a key before the primary's own listen() for it. */
  readonly #early = new Map<string, { workers: Set<WorkerHandle>, stopWarning: () => void }>()
  #ended = false

  constructor (parts: PortsParts) {
    this.#parts = parts
  }

  /** All ports ever opened. Those that are closed may still have connections to finish. */
  get all (): Port[] {
    return [...this.#ports.values()]
  }

  get open (): Port[] {
    return this.all.filter(({ closed }) => !closed)
  }

  of (key: string): Port | undefined {
    return this.#ports.get(key)
  }

  /**
   * Binds and listens.
   * @throws Node's own error; SHARED_PORT_ERR_FD; SHARED_PORT_ERR_CLOSED if the key was given up meanwhile
   */
  async add (key: string, target: ListenTarget): Promise<Port> {
    try {
      const bound = await this.#parts.bind(target, key)
      if (this.#ended || this.#failures.has(key)) {
        closeAll(bound)
        throw new ClosedError()
      }
      const port = this.#parts.create(key, bound)
      this.#ports.set(key, port)
      this.#answerEarly(key)
      return port
    } catch (err) {
      this.fail(key, err as Error)
      throw err
    }
  }

  /** Marks the key as failed. Workers that ask for it get the reason. */
  fail (key: string, why: Error): void {
    this.#failures.set(key, toNotice(why))
    this.#answerEarly(key)
  }

  /** Allows no more keys: those that are still binding are given up. */
  end (): void {
    this.#ended = true
    for (const { stopWarning } of this.#early.values()) stopWarning()
  }

  /** Answers a worker that wants to serve the key, at once or when the key is bound. */
  attach (worker: WorkerHandle, key: string): void {
    const answer = this.#answer(key)
    if (answer !== undefined) return worker.tell(answer)
    if (this.#early.size >= MOST_EARLY && !this.#early.has(key)) {
      return worker.tell({ type: 'attach-failed', key, error: toNotice(new TooManyKeysError(MOST_EARLY)) })
    }
    const asking = this.#early.get(key) ?? {
      workers: new Set<WorkerHandle>(),
      stopWarning: this.#parts.clock.after(EARLY_PATIENCE, () => { this.#warnOf(key) })
    }
    asking.workers.add(worker)
    this.#early.set(key, asking)
  }

  /** Called when the worker gets no more connections, for any key. */
  retire (worker: WorkerHandle): void {
    for (const { handoff } of this.#ports.values()) handoff.remove(worker)
  }

  /** Called when the worker is dead. */
  forget (worker: WorkerHandle): void {
    for (const [key, { workers, stopWarning }] of this.#early) {
      if (!workers.delete(worker) || workers.size > 0) continue
      stopWarning()
      this.#early.delete(key)
    }
    for (const port of this.#ports.values()) port.left(worker)
  }

  #warnOf (key: string): void {
    const waiting = [...this.#early.get(key)?.workers ?? []].map(({ id }) => id)
    if (waiting.length === 0) return
    const keys = this.open.map(({ key }) => key)
    this.#parts.log.warn({ event: 'unknown-key', key, keys, workerIds: waiting },
      'workers %s are waiting to listen on %s, but the primary listens on %s: every process must call listen() with the same options',
      waiting.join(', '), key, keys.join(', ') || 'nothing')
  }

  #answerEarly (key: string): void {
    const asking = this.#early.get(key)
    this.#early.delete(key)
    asking?.stopWarning()
    for (const worker of asking?.workers ?? []) this.attach(worker, key)
  }

  #answer (key: string): ToWorker | undefined {
    const port = this.#ports.get(key)
    if (port !== undefined) return { type: 'attached', key, names: port.names, ticketKeys: this.#parts.ticketKeys(), logLevel: this.#parts.logLevel(), measured: this.#parts.measured() }
    const error = this.#failures.get(key)
    return error === undefined ? undefined : { type: 'attach-failed', key, error }
  }
}
