import type { ToPrimary } from '../protocol.js'
import type { WorkerHandle } from './worker-handle.js'

/** What the app's own metrics were in one worker: as it packed them, unread. Undefined: it has none. */
export interface WorkerMetrics { id: number, metrics: string | undefined }

interface Question { id: number, open: Set<WorkerHandle>, answers: WorkerMetrics[], done: () => void }

/**
 * Asks the workers for the metrics of the app. They are passed on as they come: what the apps of 64
 * workers measure is too much to read for a process that hands connections off.
 */
export class AppMetrics {
  /** Called with what a worker said last, before it ended. */
  onLast: (metrics: WorkerMetrics) => void = () => {}
  readonly #questions = new Map<number, Question>()
  #asked = 0

  /** Resolves with what has been answered as soon as all have, after `patience` milliseconds at the latest. */
  async ask (workers: readonly WorkerHandle[], patience: number): Promise<WorkerMetrics[]> {
    const question: Question = { id: ++this.#asked, open: new Set(workers), answers: [], done: () => {} }
    if (workers.length === 0) return []
    this.#questions.set(question.id, question)
    for (const worker of workers) worker.tell({ type: 'metrics', id: question.id })
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, patience)
      question.done = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#questions.delete(question.id)
    return question.answers
  }

  answered (worker: WorkerHandle, { id, metrics }: Extract<ToPrimary, { type: 'metrics' }>): void {
    if (id === undefined) return this.onLast({ id: worker.id, metrics })
    const question = this.#questions.get(id)
    if (question?.open.has(worker) !== true) return
    question.answers.push({ id: worker.id, metrics })
    this.#close(question, worker)
  }

  /** It is dead, and will not answer. */
  forget (worker: WorkerHandle): void {
    for (const question of this.#questions.values()) this.#close(question, worker)
  }

  #close (question: Question, worker: WorkerHandle): void {
    question.open.delete(worker)
    if (question.open.size === 0) question.done()
  }
}
