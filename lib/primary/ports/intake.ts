import type { Acceptor, AcceptEvents, Connection, Lane } from '../../lane.js'
import type { SafeLog } from '../../fastify/safe-log.js'
import type { Clock } from '../../platform/clock.js'
import type { Handoff } from '../dealing/handoff.js'
import type { Bound } from './listener.js'

/** Milliseconds for which connections stay with the kernel while no ack comes: its backlog may be short. */
const MOST_WAIT = 2

export interface IntakeParts {
  /** Accepted connections go there. */
  handoff: Handoff
  /** From so many pending connections on nothing is accepted, until half of them are gone. */
  maxPending: number
  /** Whether what comes may be left with the kernel. */
  mayWait: boolean
  lane: Lane
  clock: Clock
  log: SafeLog
}

/**
 * When a port accepts: at once, until something is pending that nobody has credit for. From then on
 * what comes stays with the kernel, and is fetched when a worker has credit again: a busy primary so
 * does less for each connection. Where no ack comes, accepting goes on, until too much is pending.
 */
export class Intake {
  readonly #acceptors: Acceptor[] = []
  readonly #handoff: Handoff
  readonly #clock: Clock
  readonly #pauses: boolean
  readonly #maxPending: number
  /** By the clock: when what comes began to stay with the kernel, or was last fetched from there. */
  #waitingSince: number | undefined
  /** Nobody had credit for too long: accepting goes on until somebody has. */
  #overdue = false
  /** Too much is pending. */
  #full = false
  #looking: (() => void) | undefined

  /**
   * Listens on every bound handle; they are all closed where one of them cannot.
   * @throws listen(2)'s error
   */
  constructor (bound: Bound[], backlog: number, { handoff, maxPending, mayWait, lane, clock, log }: IntakeParts) {
    this.#handoff = handoff
    this.#clock = clock
    this.#pauses = lane.pauses && mayWait
    this.#maxPending = maxPending
    const { key } = handoff
    let failed = false
    const events: AcceptEvents = {
      onConnections (connections) {
        if (failed) for (const connection of connections) connection.close()
        else handoff.distribute(connections)
      },
      onError: err => { log.error({ event: 'accept-error', err, key }, 'cannot accept connections for %s', key) }
    }
    bound.forEach(({ handle }, place) => {
      try {
        this.#acceptors.push(lane.listen(handle, backlog, events))
      } catch (err) {
        failed = true
        for (const acceptor of this.#acceptors) acceptor.close()
        for (const { handle } of bound.slice(place + 1)) handle.close()
        throw err
      }
    })
  }

  /** What stayed with the kernel, a batch of each port; to be called when somebody has credit, before anything is dealt. */
  fetch (): readonly Connection[] {
    this.#overdue = false
    if (this.#waitingSince === undefined || this.#full) return []
    this.#waitingSince = this.#clock.now()
    return this.#acceptors.flatMap(acceptor => acceptor.accept())
  }

  /** To be called when all is dealt that can be. */
  dealt (): void {
    if (!this.#pauses) return
    const { pending, hasCredit } = this.#handoff
    const wasFull = this.#full
    this.#full = this.#full ? pending > this.#maxPending / 2 : pending >= this.#maxPending
    if (this.#full) this.#overdue = false
    if (hasCredit && !this.#full) this.#goOn()
    else if (pending > 0) this.#wait()
    // Nobody may have credit for long, and nothing is pending that would have somebody look.
    else if (wasFull && this.#acceptors.length > 0) this.#looking ??= this.#lookIn(MOST_WAIT)
  }

  /** Accepts what the kernel has ready by now, and nothing more. */
  async close (): Promise<void> {
    this.#looking?.()
    await Promise.all(this.#acceptors.splice(0).map(async acceptor => { await acceptor.close() }))
  }

  #wait (): void {
    if (this.#overdue || this.#acceptors.length === 0) return
    if (this.#waitingSince === undefined) for (const acceptor of this.#acceptors) acceptor.pause()
    this.#waitingSince ??= this.#clock.now()
    if (!this.#full) this.#looking ??= this.#lookIn(MOST_WAIT)
  }

  #goOn (): void {
    if (this.#waitingSince === undefined) return
    this.#waitingSince = undefined
    for (const acceptor of this.#acceptors) acceptor.resume()
  }

  // One timer for many waits: most are over long before it.
  #lookIn (delay: number): () => void {
    return this.#clock.after(Math.ceil(delay), () => {
      this.#looking = undefined
      if (this.#waitingSince === undefined || this.#full) return
      const left = this.#waitingSince + MOST_WAIT - this.#clock.now()
      if (left > 0) {
        this.#looking = this.#lookIn(left)
      } else {
        this.#overdue = true
        this.#goOn()
      }
    })
  }
}
