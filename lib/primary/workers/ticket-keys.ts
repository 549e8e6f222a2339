import { randomBytes } from 'node:crypto'
import type { SafeLog } from '../../fastify/safe-log.js'
import type { Clock } from '../../platform/clock.js'

/** Bytes that `server.setTicketKeys()` takes. */
const SIZE = 48

export interface TicketKeysParts {
  /** Milliseconds after which there is a new key; 0: never. */
  lifetime: number
  /** There is a new key. */
  changed (): void
  clock: Clock
  log: SafeLog
}

/**
 * The keys of TLS session tickets. Whoever has one can read what was recorded of the sessions whose
 * tickets it sealed: so each is in use for a time, is accepted for as long again, and is then forgotten.
 */
export class TicketKeys {
  readonly #parts: TicketKeysParts
  #keys: readonly string[] = [createKey()]
  #cancel: (() => void) | undefined

  constructor (parts: TicketKeysParts) {
    this.#parts = parts
  }

  /** In base64: the one that new tickets are sealed with; then the former one, once there is one. */
  get all (): readonly string[] {
    return this.#keys
  }

  /** From now on each has its time. */
  start (): void {
    const { lifetime, clock } = this.#parts
    if (lifetime > 0) this.#cancel = clock.after(lifetime, () => { this.#change() })
  }

  stop (): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #change (): void {
    const { changed, log } = this.#parts
    this.#keys = [createKey(), ...this.#keys.slice(0, 1)]
    log.debug({ event: 'ticket-keys' }, 'TLS session tickets have a new key; those of the former one are accepted until the next')
    changed()
    this.start()
  }
}

function createKey (): string {
  return randomBytes(SIZE).toString('base64')
}
