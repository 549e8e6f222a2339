import type { FastifyBaseLogger } from 'fastify'
import type { Acceptor, AcceptEvents, Lane } from '../lane.js'
import type { Clock } from './clock.js'
import type { Handoff } from './handoff.js'
import type { Bound } from './listener.js'

/** Milliseconds for which connections stay with the kernel at most: its backlog may be short. */
const MOST_WAIT = 2

export interface IntakeParts {
  /** Accepted connections go there. */
  handoff: Handoff
  lane: Lane
  clock: Clock
  log: FastifyBaseLogger
}

/**
 * When a port accepts: at once while some worker has credit. While none has, what comes stays with
 * the kernel, and is accepted in one go when the next ack arrives: a busy primary so does less for
 * each connection, and none of them waits for longer. Where no ack comes, accepting goes on.
 */
export class Intake {
  readonly #acceptors: Acceptor[] = []
  readonly #handoff: Handoff
  readonly #clock: Clock
  #waiting = false
  /** Nobody had credit for too long: accepting goes on until somebody has. */
  #overdue = false
  #accepting = false
  /** How often somebody has had credit again. */
  #returns = 0
  #looking: (() => void) | undefined

  /**
   * Listens on every bound handle; they are all closed where one of them cannot.
   * @throws listen(2)'s error
   */
  constructor (bound: Bound[], backlog: number, { handoff, lane, clock, log }: IntakeParts) {
    this.#handoff = handoff
    this.#clock = clock
    const { key } = handoff
    const events: AcceptEvents = {
      onConnections: connections => { handoff.distribute(connections) },
      onError: err => { log.error({ event: 'accept-error', err, key }, 'cannot accept connections for %s', key) }
    }
    bound.forEach(({ handle }, place) => {
      try {
        this.#acceptors.push(lane.listen(handle, backlog, events))
      } catch (err) {
        for (const acceptor of this.#acceptors) acceptor.close()
        for (const { handle } of bound.slice(place + 1)) handle.close()
        throw err
      }
    })
  }

  /** To be called when all is dealt that can be. */
  dealt (): void {
    if (this.#accepting) return
    if (!this.#handoff.hasCredit) return this.#wait()
    this.#overdue = false
    if (this.#waiting) this.#catchUp()
  }

  /** Accepts what the kernel has ready by now, and nothing more. */
  async close (): Promise<void> {
    this.#looking?.()
    await Promise.all(this.#acceptors.splice(0).map(async acceptor => { await acceptor.close() }))
  }

  #wait (): void {
    if (this.#waiting || this.#overdue) return
    this.#waiting = true
    for (const acceptor of this.#acceptors) acceptor.pause()
    this.#lookLater()
  }

  #catchUp (): void {
    this.#returns++
    this.#accepting = true
    while (this.#handoff.hasCredit && this.#accept());
    this.#accepting = false
    if (this.#handoff.hasCredit) this.#goOn()
  }

  /** Whether there was anything. */
  #accept (): boolean {
    let any = false
    for (const acceptor of this.#acceptors) {
      const connections = acceptor.accept()
      if (connections.length === 0) continue
      this.#handoff.distribute(connections)
      any = true
    }
    return any
  }

  #goOn (): void {
    this.#waiting = false
    for (const acceptor of this.#acceptors) acceptor.resume()
  }

  // One timer for many waits: most are over long before it.
  #lookLater (): void {
    const returns = this.#returns
    this.#looking ??= this.#clock.after(MOST_WAIT, () => {
      this.#looking = undefined
      if (!this.#waiting) return
      if (this.#returns > returns) return this.#lookLater()
      this.#overdue = true
      this.#goOn()
    })
  }
}
