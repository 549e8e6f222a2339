import type { Connection } from '../../lane.js'
import type { SafeLog } from '../../fastify/safe-log.js'
import type { Clock } from '../../platform/clock.js'
import type { Emit } from '../insight/events.js'

/**
 * The number of checks for overdue connections in one `timeout`. A connection may be shed late by the time
 * between two of them.
 */
const CHECKS = 10

/** The most connections beyond `maxPending` in a burst. Each takes a descriptor and about 3 KiB. */
const LARGEST_BURST = 8_192

/** The longest burst in milliseconds, if `pendingTimeout` is 0. */
const LONGEST_BURST = 10_000

/** If no worker takes a connection for these milliseconds, it is not a burst but a lack of workers. */
const LONGEST_STANDSTILL = 1_000

export interface OverloadParts {
  key: string
  /** The most pending connections. */
  maxPending: number
  /** Whether connections beyond that are answered. Otherwise they wait in the kernel's queue. */
  sheds: boolean
  /** Whether they can wait there. If not, they are closed. */
  canWait: boolean
  /** The number of descriptors that this process may have. */
  descriptors: number
  /** The number of connections pending at other listeners, which use descriptors as well. */
  pendingElsewhere (): number
  /** The number of connections that workers have taken so far. */
  taken (): number
  /** Sheds the excess connections. */
  shedExcess (): void
  /** Milliseconds that a connection may be pending; 0 for no limit. */
  timeout: number
  /** The number of pending connections. */
  pending (): number
  /** Whether a worker has ever served. Before that, clients wait for as long as the start takes. */
  served (): boolean
  /** Removes the matching connections from the pending ones. */
  drop (matches: (connection: Connection) => boolean): Connection[]
  /** Sends the client the overload answer, and ends the connection. */
  answer (connection: Connection): void
  /** Sends the client the reason of the outage, and ends the connection. */
  explain (connection: Connection, outage: Buffer): void
  emit: Emit
  clock: Clock
  log: SafeLog
}

/**
 * Limits the pending connections of a listener, in number and in time, and reports overload. During an
 * outage, none may be pending.
 */
export class Overload {
  /** During an outage: the answer for every client, however few there are. */
  outage: Buffer | undefined
  readonly #parts: OverloadParts
  #shed = 0
  /** The current episode of overload. */
  #episode: { since: number, shed: number } | undefined
  /** Whether the last check has shed overdue connections. */
  #wasLate = false
  #cancelCheck: (() => void) | undefined
  /** The current burst: the time since more than `maxPending` connections are pending. */
  #burst: { since: number, taken: number, ends: boolean } | undefined
  #cancelBurstCheck: (() => void) | undefined

  constructor (parts: OverloadParts) {
    this.#parts = parts
  }

  /** The number of connections that were shed. */
  get shedCount (): number {
    return this.#shed
  }

  /** The number of the given pending connections that must be shed now. */
  excess (pending: number): number {
    const { maxPending, sheds, canWait } = this.#parts
    if (this.outage !== undefined) return pending
    if (canWait) return sheds ? Math.max(0, pending - maxPending) : 0
    return pending > maxPending ? Math.max(0, pending - maxPending - this.#allowance()) : 0
  }

  /** Sheds one connection that is in excess. */
  shed (connection: Connection): void {
    this.#shed++
    if (this.outage !== undefined) this.#parts.explain(connection, this.outage)
    else if (this.#parts.sheds) this.#parts.answer(connection)
    else connection.reset()
  }

  /** To be called whenever the number of pending connections may have changed. */
  watch (pending: number): void {
    const { maxPending, timeout } = this.#parts
    if (this.#episode === undefined ? pending >= maxPending : pending <= maxPending / 2) this.#toggleEpisode(pending)
    if (pending > 0 && timeout > 0) this.#cancelCheck ??= this.#checkLater()
    if (pending <= maxPending / 2) this.#burst = undefined
    else if (this.#burst?.ends === false) this.#cancelBurstCheck ??= this.#checkBurst()
  }

  stop (): void {
    this.#cancelCheck?.()
    this.#cancelCheck = undefined
    this.#cancelBurstCheck?.()
    this.#cancelBurstCheck = undefined
  }

  /**
   * How many connections beyond `maxPending` may be pending. A lane that cannot pause has all connections of
   * a burst pending, although the workers have time for them. So they are allowed for as long as workers
   * take connections, and at most for as long as a connection may be pending at all. All listeners together
   * leave half of the descriptors for other uses.
   */
  #allowance (): number {
    const { clock, taken, descriptors, pendingElsewhere } = this.#parts
    this.#burst ??= { since: clock.now(), taken: taken(), ends: false }
    return this.#burst.ends ? 0 : Math.max(0, Math.min(LARGEST_BURST, Math.floor(descriptors / 2) - pendingElsewhere()))
  }

  #checkBurst (): () => void {
    const { timeout, taken, shedExcess, clock } = this.#parts
    return clock.after(LONGEST_STANDSTILL, () => {
      this.#cancelBurstCheck = undefined
      if (this.#burst === undefined) return
      const before = this.#burst.taken
      this.#burst.taken = taken()
      const longest = timeout > 0 ? timeout : LONGEST_BURST
      this.#burst.ends ||= this.#burst.taken === before || clock.now() - this.#burst.since >= longest
      shedExcess()
    })
  }

  /** Begins or ends an episode, with one log line for each. */
  #toggleEpisode (pending: number): void {
    const { key, maxPending, emit, clock, log } = this.#parts
    if (this.#episode === undefined) {
      this.#episode = { since: clock.now(), shed: this.#shed }
      log.warn({ event: 'overloaded', key, pending, maxPending }, '%s is overloaded: %d connections are waiting for a worker (maxPending %d)', key, pending, maxPending)
      emit('overloaded', { key, pending })
      return
    }
    const { since, shed } = this.#episode
    const fields = { duration: Math.round(clock.now() - since), shed: this.#shed - shed }
    this.#episode = undefined
    log.info({ event: 'overload-end', key, pending, ...fields }, '%s is no longer overloaded, after %d ms; %d connections were shed', key, fields.duration, fields.shed)
  }

  #checkLater (): () => void {
    const { timeout, pending, served, drop, answer, clock, log, key } = this.#parts
    return clock.after(Math.ceil(timeout / CHECKS), () => {
      this.#cancelCheck = undefined
      const now = clock.now()
      const late = served() ? drop(({ acceptedAt }) => now - acceptedAt >= timeout) : []
      this.#shed += late.length
      for (const connection of late) answer(connection)
      if (late.length > 0 && !this.#wasLate) log.warn({ event: 'pending-timeout', key, pendingTimeout: timeout }, 'shedding connections to %s that have waited for a worker longer than %d ms (pendingTimeout)', key, timeout)
      this.#wasLate = late.length > 0
      this.watch(pending())
    })
  }
}
