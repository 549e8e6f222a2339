import { ClosedError } from '../../errors.js'
import type { SafeLog } from '../../fastify/safe-log.js'
import type { Emit } from '../insight/events.js'
import type { Outcome } from './life.js'
import type { Slot } from './slots.js'

export interface ReloadParts {
  /** The number of workers that are replaced at a time. */
  concurrency: number
  /** The generation of the workers that start from now on. */
  nextGeneration (): number
  slots (): readonly Slot[]
  /**
   * Replaces the slot's worker; resolves when the old one has exited. @throws the error with which the new
   * one failed
   */
  renew (slot: Slot, wanted: () => boolean): Promise<Outcome>
  /** Ends the starting worker of the slot. */
  abandon (slot: Slot): void
  emit: Emit
  log: SafeLog
}

/**
 * Replaces every worker by one of the next generation. Each new worker is ready before the old one drains.
 * If a new worker fails, the reload is aborted, and the remaining old workers stay.
 */
export class Reload {
  readonly #parts: ReloadParts
  #generation = 0
  #completed = 0
  #aborted = 0
  #running: Promise<void> | undefined
  #failure: Error | undefined
  /** The slots that are being renewed now. */
  readonly #busy = new Set<Slot>()

  constructor (parts: ReloadParts) {
    this.#parts = parts
  }

  /**
   * Resolves when no worker of an earlier generation is left. If it is called again meanwhile, starting
   * workers are abandoned in favour of the newest generation, and both calls end together.
   * @throws the error with which a new worker failed
   */
  async run (): Promise<void> {
    if (this.#failure !== undefined) await this.#running?.catch(() => {}) // the callers of that run get the error
    this.#generation = this.#parts.nextGeneration()
    this.#abandonOutdated()
    this.#running ??= this.#run()
    await this.#running
  }

  /** The number of reloads that have completed, and that were aborted. */
  get counts (): { completed: number, aborted: number } {
    return { completed: this.#completed, aborted: this.#aborted }
  }

  /** The progress of the current reload. Null if there is none. */
  get progress (): { generation: number, replaced: number, workers: number } | null {
    if (this.#running === undefined) return null
    const slots = this.#parts.slots()
    const replaced = slots.filter(({ worker }) => worker !== undefined && worker.generation >= this.#generation).length
    return { generation: this.#generation, replaced, workers: slots.length }
  }

  get running (): boolean {
    return this.#running !== undefined
  }

  async #run (): Promise<void> {
    const { concurrency, emit, log } = this.#parts
    emit('reload-start', { generation: this.#generation })
    log.info({ event: 'reload-start', generation: this.#generation }, 'reload %d: replacing all workers', this.#generation)
    do {
      await Promise.all(Array.from({ length: concurrency }, async () => { await this.#renewInTurn() }))
    } while (this.#failure === undefined && this.#nextOutdated() !== undefined) // run() was called again at the last moment
    const failure = this.#failure
    this.#running = undefined
    this.#failure = undefined
    if (failure !== undefined) {
      this.#aborted++
      const fields = { event: 'reload-aborted', generation: this.#generation, err: failure }
      if (failure instanceof ClosedError) log.info(fields, 'reload %d aborted: the server is stopping', this.#generation)
      else log.error(fields, 'reload %d aborted: %s. Old workers that were not replaced yet stay; a worker that is replaced later loads the new code', this.#generation, failure.message)
      emit('reload-aborted', { generation: this.#generation, error: failure })
      throw failure
    }
    this.#completed++
    log.info({ event: 'reload-end', generation: this.#generation }, 'reload %d complete: all workers replaced', this.#generation)
    emit('reload-end', { generation: this.#generation })
  }

  async #renewInTurn (): Promise<void> {
    for (let slot; this.#failure === undefined && (slot = this.#nextOutdated()) !== undefined;) {
      this.#busy.add(slot)
      try {
        await this.#parts.renew(slot, () => this.#failure === undefined)
      } catch (err) {
        this.#abort(err as Error)
      }
      this.#busy.delete(slot)
    }
  }

  #abort (failure: Error): void {
    this.#failure ??= failure
    for (const slot of this.#busy) this.#parts.abandon(slot)
  }

  #abandonOutdated (): void {
    for (const slot of this.#parts.slots()) {
      if (slot.successor !== undefined && slot.successor.generation < this.#generation) this.#parts.abandon(slot)
    }
  }

  // A slot whose worker has crashed does not wait for its delay: the new code may fix the crash.
  #nextOutdated (): Slot | undefined {
    return this.#parts.slots().find(slot => !this.#busy.has(slot) && (slot.worker === undefined || slot.worker.generation < this.#generation))
  }
}
