import { ClosedError, NotListeningFdError, TooManyKeysError } from '../../errors.js'
import type { ListenTarget } from '../../fastify/listen-target.js'
import { type ErrorNotice, toNotice } from '../../error-notice.js'
import type { ToWorker } from '../../protocol.js'
import type { SafeLog } from '../../fastify/safe-log.js'
import type { Clock } from '../../platform/clock.js'
import type { Bound } from './listener.js'
import type { Port } from './port.js'
import type { WorkerHandle } from '../workers/worker-handle.js'

export interface PortsParts {
  /** Binds what listen() was called with. */
  bind (target: ListenTarget): Promise<Bound[]>
  /** Listens on what is bound. @throws listen(2)'s error; all is closed then */
  create (key: string, bound: Bound[], target: ListenTarget): Port
  /** For the workers: one set of keys, so that a TLS session of one resumes on another. */
  ticketKeys (): readonly string[]
  /** For the workers: how much is logged, where that was changed. */
  logLevel (): string | undefined
  /** For the workers: whether anybody wants to know what their apps measure. */
  measured (): boolean
  clock: Clock
  log: SafeLog
}

/** Milliseconds after which a worker that waits for a key is worth a line: longer than apps take between two calls of listen(). */
const EARLY_PATIENCE = 5_000

/** Keys that workers wait for, at most: more than any app has, and a worker may ask for what it likes. */
const MOST_EARLY = 1_024

/** The ports by their keys, and what the workers that ask for a key are told. */
export class Ports {
  readonly #parts: PortsParts
  readonly #ports = new Map<string, Port>()
  /** Keys that cannot be had, and why. */
  readonly #failures = new Map<string, ErrorNotice>()
  /** Workers that asked for a key before the primary's own listen() came to it. */
  readonly #early = new Map<string, { workers: Set<WorkerHandle>, stopWarning: () => void }>()
  #ended = false

  constructor (parts: PortsParts) {
    this.#parts = parts
  }

  /** Every port that there ever was: those that are closed may have connections to finish. */
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
   * @throws Node's own error for it; SHARED_PORT_ERR_FD; SHARED_PORT_ERR_CLOSED when the key was given up meanwhile
   */
  async add (key: string, target: ListenTarget): Promise<Port> {
    try {
      const bound = await this.#parts.bind(target)
      if (this.#ended || this.#failures.has(key)) {
        for (const { handle } of bound) handle.close()
        throw new ClosedError()
      }
      const port = this.#parts.create(key, bound, target)
      this.#ports.set(key, port)
      this.#answerEarly(key)
      return port
    } catch (err) {
      const failure = target.fd !== undefined && (err as NodeJS.ErrnoException).syscall === 'listen'
        ? new NotListeningFdError(target.fd, { cause: err })
        : err as Error
      this.fail(key, failure)
      throw failure
    }
  }

  /** The key cannot be had: whoever asks for it is told why. */
  fail (key: string, why: Error): void {
    this.#failures.set(key, toNotice(why))
    this.#answerEarly(key)
  }

  /** No more keys: what is still binding is given up. */
  end (): void {
    this.#ended = true
    for (const { stopWarning } of this.#early.values()) stopWarning()
  }

  /** Answers a worker that wants to serve the key: at once, or when the key is bound. */
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

  /** It gets nothing more, for any key. */
  retire (worker: WorkerHandle): void {
    for (const { handoff } of this.#ports.values()) handoff.remove(worker)
  }

  /** It is dead. */
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
      'workers %s wait to listen on %s, but the primary listens on %s: every process has to call listen() with the same options',
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
