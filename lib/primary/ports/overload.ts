import type { Connection } from '../../lane.js'
import type { SafeLog } from '../../fastify/safe-log.js'
import type { Clock } from '../../platform/clock.js'
import type { Emit } from '../insight/events.js'

/** Looks at what has been pending for too long, in one `timeout`: so much later than it, by one of these, something may be shed. */
const LOOKS = 10

/** How many more than `maxPending` may be pending in a burst: each takes a descriptor, and some 3 KiB. */
const LARGEST_BURST = 8_192

/** Milliseconds that a burst may take where `pendingTimeout` is 0. */
const LONGEST_BURST = 10_000

/** Milliseconds in which some worker has to take a connection, or there is no burst but a lack of workers. */
const LONGEST_STANDSTILL = 1_000

export interface OverloadParts {
  key: string
  /** How many connections may be pending. */
  maxPending: number
  /** Whether those beyond are answered; otherwise they wait with the kernel. */
  sheds: boolean
  /** Whether they can: where not, they are closed. */
  canWait: boolean
  /** How many descriptors this process may have. */
  descriptors: number
  /** How many of them connections have that are pending elsewhere: the other listeners'. */
  pendingElsewhere (): number
  /** How many connections workers have taken so far. */
  taken (): number
  /** Sheds what is in excess. */
  shedExcess (): void
  /** Milliseconds that a connection may be pending, 0 for as long as it takes. */
  timeout: number
  /** How many connections are pending. */
  pending (): number
  /** Whether a worker has ever served: before that its clients wait for as long as it takes to start. */
  served (): boolean
  /** Takes out of what is pending those for which this holds. */
  drop (matches: (connection: Connection) => boolean): Connection[]
  /** Tells the client that nobody will serve it, and ends the connection. */
  answer (connection: Connection): void
  /** Tells the client why nobody can serve it, and ends the connection. */
  explain (connection: Connection, outage: Buffer): void
  emit: Emit
  clock: Clock
  log: SafeLog
}

/** Bounds what is pending of one listener, in number and in time, and tells when there was too much of it. In an outage nothing may be. */
export class Overload {
  /** While nobody can serve at all: what every client is told, however few there are. */
  outage: Buffer | undefined
  readonly #parts: OverloadParts
  #shed = 0
  /** While there is too much pending. */
  #episode: { since: number, shed: number } | undefined
  /** Whether something was shed at the last look, since it had waited for too long. */
  #late = false
  #cancel: (() => void) | undefined
  /** Since there was more than `maxPending` pending. */
  #burst: { since: number, taken: number, ends: boolean } | undefined
  #cancelLook: (() => void) | undefined

  constructor (parts: OverloadParts) {
    this.#parts = parts
  }

  /** How many connections have been shed. */
  get shedCount (): number {
    return this.#shed
  }

  /** How many of so many pending connections are to be shed now. */
  excess (pending: number): number {
    const { maxPending, sheds, canWait } = this.#parts
    if (this.outage !== undefined) return pending
    if (canWait) return sheds ? Math.max(0, pending - maxPending) : 0
    return pending > maxPending ? Math.max(0, pending - maxPending - this.#allowance()) : 0
  }

  /** It is one too many. */
  shed (connection: Connection): void {
    this.#shed++
    if (this.outage !== undefined) this.#parts.explain(connection, this.outage)
    else if (this.#parts.sheds) this.#parts.answer(connection)
    else connection.reset()
  }

  /** To be called whenever the number of pending connections may have changed. */
  watch (pending: number): void {
    const { maxPending, timeout } = this.#parts
    if (this.#episode === undefined ? pending >= maxPending : pending <= maxPending / 2) this.#turn(pending)
    if (pending > 0 && timeout > 0) this.#cancel ??= this.#lookLater()
    if (pending <= maxPending / 2) this.#burst = undefined
    else if (this.#burst?.ends === false) this.#cancelLook ??= this.#lookAtBurst()
  }

  stop (): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#cancelLook?.()
    this.#cancelLook = undefined
  }

  /**
   * How many more than `maxPending` may be pending. A lane that accepts by itself has a whole burst pending though
   * the workers have time for it. So that is not too much as long as they take connections, for as long as a
   * connection may be pending at all. All listeners together leave half of the descriptors to what else needs them.
   */
  #allowance (): number {
    const { clock, taken, descriptors, pendingElsewhere } = this.#parts
    this.#burst ??= { since: clock.now(), taken: taken(), ends: false }
    return this.#burst.ends ? 0 : Math.max(0, Math.min(LARGEST_BURST, Math.floor(descriptors / 2) - pendingElsewhere()))
  }

  #lookAtBurst (): () => void {
    const { timeout, taken, shedExcess, clock } = this.#parts
    return clock.after(LONGEST_STANDSTILL, () => {
      this.#cancelLook = undefined
      if (this.#burst === undefined) return
      const before = this.#burst.taken
      this.#burst.taken = taken()
      const longest = timeout > 0 ? timeout : LONGEST_BURST
      this.#burst.ends ||= this.#burst.taken === before || clock.now() - this.#burst.since >= longest
      shedExcess()
    })
  }

  /** It begins, or is over: one line each. */
  #turn (pending: number): void {
    const { key, maxPending, emit, clock, log } = this.#parts
    if (this.#episode === undefined) {
      this.#episode = { since: clock.now(), shed: this.#shed }
      log.warn({ event: 'overloaded', key, pending, maxPending }, '%s is overloaded: %d connections wait for a worker', key, pending)
      emit('overloaded', { key, pending })
      return
    }
    const { since, shed } = this.#episode
    const fields = { duration: Math.round(clock.now() - since), shed: this.#shed - shed }
    this.#episode = undefined
    log.info({ event: 'overload-end', key, pending, ...fields }, '%s is overloaded no more, after %d ms; %d connections were shed', key, fields.duration, fields.shed)
  }

  #lookLater (): () => void {
    const { timeout, pending, served, drop, answer, clock, log, key } = this.#parts
    return clock.after(Math.ceil(timeout / LOOKS), () => {
      this.#cancel = undefined
      const now = clock.now()
      const late = served() ? drop(({ acceptedAt }) => now - acceptedAt >= timeout) : []
      this.#shed += late.length
      for (const connection of late) answer(connection)
      if (late.length > 0 && !this.#late) log.warn({ event: 'pending-timeout', key, pendingTimeout: timeout }, 'connections to %s wait for longer than %d ms, and are shed', key, timeout)
      this.#late = late.length > 0
      this.watch(pending())
    })
  }
}
