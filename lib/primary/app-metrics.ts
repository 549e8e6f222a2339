import type { ToPrimary } from '../protocol.js'
import type { WorkerHandle } from './worker-handle.js'

/** Hears what the workers' apps measure. */
export interface MetricsListener {
  /** What a worker's app has measured by now: as it packed that, unread. Undefined: nothing. */
  measured (id: number, metrics: string | undefined): void
  /** The worker is gone, and will say nothing more. */
  gone (id: number): void
}

interface Question { open: Set<WorkerHandle>, done: () => void }

/**
 * Asks the workers for the metrics of the app. They are passed on as they come: what the apps of 64
 * workers measure is too much to read for a process that hands connections off.
 */
export class AppMetrics {
  listener: MetricsListener | undefined
  readonly #questions = new Map<number, Question>()
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
      for (const worker of workers) worker.tell({ type: 'metrics', id })
    })
    this.#questions.delete(id)
    return open.size
  }

  answered (worker: WorkerHandle, { id, metrics }: Extract<ToPrimary, { type: 'metrics' }>): void {
    this.listener?.measured(worker.id, metrics)
    const question = id === undefined ? undefined : this.#questions.get(id)
    if (question !== undefined) this.#close(question, worker)
  }

  /** It is dead, and will not answer. */
  forget (worker: WorkerHandle): void {
    this.listener?.gone(worker.id)
    for (const question of this.#questions.values()) this.#close(question, worker)
  }

  #close (question: Question, worker: WorkerHandle): void {
    question.open.delete(worker)
    if (question.open.size === 0) question.done()
  }
}
