import type { FastifyBaseLogger } from 'fastify'
import type { Slot } from './supervisor.js'

export interface ReloadParts {
  /** How many are replaced at a time. */
  concurrency: number
  /** Of the workers that start from now on. */
  nextGeneration (): number
  slots (): readonly Slot[]
  /** Puts a new worker in the place of the slot's; resolves when the old one is gone. @throws what the new one failed of */
  renew (slot: Slot): Promise<void>
  /** Ends the new worker that starts for the slot. */
  abandon (slot: Slot): void
  log: FastifyBaseLogger
}

/**
 * Replaces every worker by one of the next generation, the new one ready before the old one drains.
 * A new one that fails ends it: the old ones that are left stay.
 */
export class Reload {
  readonly #parts: ReloadParts
  #generation = 0
  #running: Promise<void> | undefined
  #failure: Error | undefined

  constructor (parts: ReloadParts) {
    this.#parts = parts
  }

  /**
   * Resolves when no worker of an earlier generation is left. Called again meanwhile, what starts
   * is given up for what is newest by now, and both calls end together.
   * @throws what a new worker failed of
   */
  async run (): Promise<void> {
    this.#generation = this.#parts.nextGeneration()
    if (this.#running !== undefined) this.#abandonOutdated()
    this.#running ??= this.#run().finally(() => { this.#running = undefined })
    await this.#running
  }

  async #run (): Promise<void> {
    const { concurrency, log } = this.#parts
    log.info({ event: 'reload-start', generation: this.#generation }, 'reload %d: replacing every worker', this.#generation)
    this.#failure = undefined
    await Promise.all(Array.from({ length: concurrency }, async () => { await this.#renewInTurn() }))
    if (this.#failure !== undefined) {
      log.error({ event: 'reload-aborted', generation: this.#generation, err: this.#failure }, 'reload %d is aborted: the workers that are left stay', this.#generation)
      throw this.#failure
    }
    log.info({ event: 'reload-end', generation: this.#generation }, 'reload %d: every worker is replaced', this.#generation)
  }

  async #renewInTurn (): Promise<void> {
    for (let slot; this.#failure === undefined && (slot = this.#nextOutdated()) !== undefined;) {
      const generation = this.#generation
      try {
        await this.#parts.renew(slot)
      } catch (err) {
        // Otherwise it was given up: for a newer one, or with its slot.
        if (generation === this.#generation && this.#parts.slots().includes(slot)) this.#abort(err as Error)
      }
    }
  }

  #abort (failure: Error): void {
    this.#failure ??= failure
    for (const slot of this.#parts.slots()) this.#parts.abandon(slot)
  }

  #abandonOutdated (): void {
    for (const slot of this.#parts.slots()) {
      if (slot.successor !== undefined && slot.successor.generation < this.#generation) this.#parts.abandon(slot)
    }
  }

  // A slot whose new worker starts already is somebody's; an empty one will be filled by the newest.
  #nextOutdated (): Slot | undefined {
    return this.#parts.slots().find(({ worker, successor }) =>
      successor === undefined && worker !== undefined && worker.generation < this.#generation)
  }
}
