import { ClosedError, SlotBusyError, SlotError } from '../../errors.js'
import type { SafeLog } from '../../fastify/safe-log.js'
import type { Outcome } from './life.js'
import type { Slot } from './slots.js'

export interface SlotRestartParts {
  slots (): readonly Slot[]
  /**
   * Replaces the slot's worker; resolves when the old one has exited. @throws the error with which the new
   * one failed
   */
  renew (slot: Slot): Promise<Outcome>
  /** Whether a reload is replacing all workers. */
  reloading (): boolean
  log: SafeLog
}

/** Replaces single workers on request. The new one is ready before the old one drains. */
export class SlotRestart {
  readonly #parts: SlotRestartParts
  readonly #busy = new Set<Slot>()

  constructor (parts: SlotRestartParts) {
    this.#parts = parts
  }

  /**
   * Resolves when the old worker has exited. A slot whose worker has crashed does not wait for its delay.
   * @throws SHARED_PORT_ERR_SLOT if there is no such slot
   * @throws SHARED_PORT_ERR_SLOT_BUSY if its worker is being replaced, or starts, or something else replaces it
   * in the meantime
   * @throws SHARED_PORT_ERR_WORKER_FAILED if the new worker fails; the old one stays
   * @throws SHARED_PORT_ERR_CLOSED if everything stops
   */
  async run (place: number): Promise<void> {
    const { slots, renew, log } = this.#parts
    const slot = slots().find(slot => slot.place === place)
    if (slot === undefined) throw new SlotError(String(place), placesOf(slots()))
    const obstacle = this.#obstacle(slot)
    if (obstacle !== undefined) throw new SlotBusyError(place, obstacle)
    const { worker: old } = slot
    log.info({ event: 'slot-restart', slot: place, ...(old !== undefined && { workerId: old.id, workerPid: old.pid }) }, 'restarting slot %d: %s', place, old === undefined ? 'it has no worker at the moment' : `replacing worker ${old.id}`)
    this.#busy.add(slot)
    try {
      const outcome = await renew(slot)
      if (outcome === 'abandoned') throw new SlotBusyError(place, 'a reload, a change of files or a smaller number of workers came first')
    } catch (err) {
      const fields = { event: 'slot-restart-failed', slot: place, err }
      if (err instanceof ClosedError || err instanceof SlotBusyError) log.info(fields, 'slot %d was not restarted: %s', place, err.message)
      else log.error(fields, 'slot %d was not restarted: %s', place, (err as Error).message)
      throw err
    } finally {
      this.#busy.delete(slot)
    }
  }

  /** Why the slot's worker cannot be replaced now. */
  #obstacle (slot: Slot): string | undefined {
    if (this.#parts.reloading()) return 'a reload is replacing all workers'
    if (this.#busy.has(slot) || slot.successor !== undefined) return 'its worker is being replaced already'
    if (slot.worker?.state === 'starting') return `its worker ${slot.worker.id} is still starting`
    return undefined
  }
}

/** `0 to 3`, or all numbers if some between them are missing. */
function placesOf (slots: readonly Slot[]): string {
  const places = slots.map(({ place }) => place).sort((a, b) => a - b)
  const last = places.at(-1) ?? 0
  return last > 1 && places.length === last + 1 ? `0 to ${last}` : places.join(', ')
}
