import type { ToPrimary } from '../../protocol.js'
import type { WorkerHandle } from '../workers/worker-handle.js'

/** Receives the metrics of the workers' apps. */
export interface MetricsListener {
  /** The metrics of a worker's app, packed and unread. Undefined if it has none. */
  measured (id: number, metrics: string | undefined): void
  /** The worker has exited, and will send nothing more. */
  gone (id: number): void
}

/**
 * The most answers that are expected of a worker: one that was blocked for a long time sends no more than
 * this at once.
 */
const MOST_OWED = 4

interface Question { open: Set<WorkerHandle>, done: () => void }

/**
 * Asks the workers for their apps' metrics. Answers are passed on as they arrive: parsing the metrics of 64
 * workers would take too long in a process that hands off connections.
 */
export class AppMetrics {
  listener: MetricsListener | undefined
  readonly #questions = new Map<number, Question>()
  /** The number of answers that each worker may still send: those to requests, and its last one. */
  readonly #owed = new WeakMap<WorkerHandle, number>()
  #asked = 0

  /** Whether the metrics are wanted. If so, workers also send them when they exit. */
  get wanted (): boolean {
    return this.#asked > 0
  }

  /**
   * Resolves when all workers have answered, or after `patience` milliseconds, with the number of workers
   * that have not answered.
   */
  async ask (workers: readonly WorkerHandle[], patience: number): Promise<number> {
    const id = ++this.#asked
    if (workers.length === 0) return 0
    const open = new Set(workers)
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, patience)
      this.#questions.set(id, {
        open,
        done: () => {
          clearTimeout(timer)
          resolve()
        }
      })
      for (const worker of workers) {
        this.#owed.set(worker, Math.min(MOST_OWED, this.#owes(worker) + 1))
        worker.tell({ type: 'metrics', id })
      }
    })
    this.#questions.delete(id)
    return open.size
  }

  answered (worker: WorkerHandle, { id, metrics }: Extract<ToPrimary, { type: 'metrics' }>): void {
    const owed = this.#owes(worker)
    if (owed === 0) return // not requested: ignored, because every answer that is passed on is read and kept
    this.#owed.set(worker, owed - 1)
    this.listener?.measured(worker.id, metrics)
    const question = id === undefined ? undefined : this.#questions.get(id)
    if (question !== undefined) this.#close(question, worker)
  }

  /** Called when the worker is dead, and will not answer. */
  forget (worker: WorkerHandle): void {
    this.listener?.gone(worker.id)
    for (const question of this.#questions.values()) this.#close(question, worker)
  }

  #owes (worker: WorkerHandle): number {
    return this.#owed.get(worker) ?? 1
  }

  #close (question: Question, worker: WorkerHandle): void {
    question.open.delete(worker)
    if (question.open.size === 0) question.done()
  }
}
