import type { ToPrimary } from '../../protocol.js'
import type { WorkerHandle } from '../workers/worker-handle.js'

/** Hears what the workers' apps measure. */
export interface MetricsListener {
  /** What a worker's app has measured by now: as it packed that, unread. Undefined: nothing. */
  measured (id: number, metrics: string | undefined): void
  /** The worker is gone, and will say nothing more. */
  gone (id: number): void
}

/** Answers that a worker may owe: one that was blocked for long gives no more at once. */
const MOST_OWED = 4

interface Question { open: Set<WorkerHandle>, done: () => void }

/**
 * Asks the workers for the metrics of the app. They are passed on as they come: what the apps of 64
 * workers measure is too much to read for a process that hands connections off.
 */
export class AppMetrics {
  listener: MetricsListener | undefined
  readonly #questions = new Map<number, Question>()
  /** How many answers each worker may give yet: those that it was asked for, and its last one. */
  readonly #owed = new WeakMap<WorkerHandle, number>()
  #asked = 0

  /** Whether anybody wants to know: then workers say their last, too. */
  get wanted (): boolean {
    return this.#asked > 0
  }

  /** Resolves as soon as all have answered, after `patience` milliseconds at the latest, with how many have not. */
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
    if (owed === 0) return // it is not asked, and all that comes is read, and kept
    this.#owed.set(worker, owed - 1)
    this.listener?.measured(worker.id, metrics)
    const question = id === undefined ? undefined : this.#questions.get(id)
    if (question !== undefined) this.#close(question, worker)
  }

  /** It is dead, and will not answer. */
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
