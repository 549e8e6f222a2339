import { ClosedError } from '../../errors.js'
import type { SafeLog } from '../../fastify/safe-log.js'
import type { Emit } from '../insight/events.js'
import type { Outcome } from './life.js'
import type { Slot } from './slots.js'

export interface ReloadParts {
  /** How many are replaced at a time. */
  concurrency: number
  /** Of the workers that start from now on. */
  nextGeneration (): number
  slots (): readonly Slot[]
  /** Puts a new worker in the place of the slot's; resolves when the old one is gone. @throws what the new one failed of */
  renew (slot: Slot, wanted: () => boolean): Promise<Outcome>
  /** Ends the new worker that starts for the slot. */
  abandon (slot: Slot): void
  emit: Emit
  log: SafeLog
}

/**
 * Replaces every worker by one of the next generation, the new one ready before the old one drains.
 * A new one that fails ends it: the old ones that are left stay.
 */
export class Reload {
  readonly #parts: ReloadParts
  #generation = 0
  #completed = 0
  #aborted = 0
  #running: Promise<void> | undefined
  #failure: Error | undefined
  /** The slots that it renews now. */
  readonly #busy = new Set<Slot>()

  constructor (parts: ReloadParts) {
    this.#parts = parts
  }

  /**
   * Resolves when no worker of an earlier generation is left. Called again meanwhile, what starts
   * is given up for what is newest by now, and both calls end together.
   * @throws what a new worker failed of
   */
  async run (): Promise<void> {
    if (this.#failure !== undefined) await this.#running?.catch(() => {}) // that one's callers hear of it
    this.#generation = this.#parts.nextGeneration()
    this.#abandonOutdated()
    this.#running ??= this.#run()
    await this.#running
  }

  /** How many have ended, and how. */
  get counts (): { completed: number, aborted: number } {
    return { completed: this.#completed, aborted: this.#aborted }
  }

  /** How far the one is that runs. */
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
    log.info({ event: 'reload-start', generation: this.#generation }, 'reload %d: replacing every worker', this.#generation)
    do {
      await Promise.all(Array.from({ length: concurrency }, async () => { await this.#renewInTurn() }))
    } while (this.#failure === undefined && this.#nextOutdated() !== undefined) // called again in the last moment
    const failure = this.#failure
    this.#running = undefined
    this.#failure = undefined
    if (failure !== undefined) {
      this.#aborted++
      const fields = { event: 'reload-aborted', generation: this.#generation, err: failure }
      if (failure instanceof ClosedError) log.info(fields, 'reload %d is aborted: everything stops', this.#generation)
      else log.error(fields, 'reload %d is aborted: the workers that are left stay', this.#generation)
      emit('reload-aborted', { generation: this.#generation, error: failure })
      throw failure
    }
    this.#completed++
    log.info({ event: 'reload-end', generation: this.#generation }, 'reload %d: every worker is replaced', this.#generation)
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

  // One whose worker has crashed does not wait any longer: the new code may be what mends it.
  #nextOutdated (): Slot | undefined {
    return this.#parts.slots().find(slot => !this.#busy.has(slot) && (slot.worker === undefined || slot.worker.generation < this.#generation))
  }
}
