import { randomBytes } from 'node:crypto'
import type { SafeLog } from '../../fastify/safe-log.js'
import type { Clock } from '../../platform/clock.js'

/** The size of the key that `server.setTicketKeys()` takes, in bytes. */
const SIZE = 48

export interface TicketKeysParts {
  /** Milliseconds after which a new key is made; 0: never. */
  lifetime: number
  /** Called when there is a new key. */
  changed (): void
  clock: Clock
  log: SafeLog
}

/**
 * The keys of TLS session tickets. Whoever has a key can decrypt recorded sessions whose tickets were
 * encrypted with it. So each key is used for a limited time, is accepted for as long again, and is then
 * forgotten.
 */
export class TicketKeys {
  readonly #parts: TicketKeysParts
  #keys: readonly string[] = [createKey()]
  #cancel: (() => void) | undefined

  constructor (parts: TicketKeysParts) {
    this.#parts = parts
  }

  /** The keys in base64: the one that encrypts new tickets, then the former one, once there is one. */
  get all (): readonly string[] {
    return this.#keys
  }

  /** Goes on with the keys of a former primary, so that its clients' sessions can be resumed. */
  adopt (keys: readonly string[]): void {
    this.#keys = keys
  }

  /** Begins to rotate the keys. */
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
    log.debug({ event: 'ticket-keys' }, 'new key for TLS session tickets; tickets of the previous key are accepted until the next change')
    changed()
    this.start()
  }
}

function createKey (): string {
  return randomBytes(SIZE).toString('base64')
}
