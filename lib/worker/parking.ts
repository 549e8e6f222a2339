import type { Server } from 'node:http'
import type { Lot, LotEvents } from '../lane.js'
import { guard } from '../platform/node-internals.js'
import type { Connections, OpenConnection } from './connections.js'
import { type Idle, idleOf, letGo, seemsIdle, timeLeft } from './idle.js'

/**
 * Milliseconds between two looks for idle connections: while requests arrive, and the most when nothing
 * happens. The time doubles from one look to the next. So a connection is parked within some 2 ms of a short
 * answer, and within about twice the time of a long one; a request that arrives before that is not rescued.
 */
const MOST_OFTEN = 2
const LEAST_OFTEN = 1_000

/**
 * Milliseconds since the last request on a connection before it is parked. Where one request follows another
 * at once, parking would be in vain. Less than the time between two looks, because timers are early by up
 * to 1 ms.
 */
const REST = 1

/** The number of open connections for each millisecond between two looks, so that looking costs less than a hundredth of the time. */
const PER_MILLISECOND = 100

/**
 * The share of the time since the last look above which the event loop is saturated, and the number of
 * requests in a millisecond above which it is too busy. Then connections are idle only because their turn has
 * not come: parking costs a request some 8 microseconds, and these bounds keep that below a hundredth of the time.
 */
const SATURATED = 0.9
const MOST_REQUESTS = 1

/**
 * Parks idle connections, so that a thread can return them while the event loop is blocked. A connection is
 * parked some milliseconds after its last answer, by a timer: where one request follows another, none is,
 * and nothing is spent on it.
 */
export class Parking {
  readonly #lot: Lot | undefined
  /** The places that are free, the lowest last. */
  readonly #free: number[]
  readonly #parked = new Map<number, Idle & { unguard: () => void }>()
  readonly #places = new WeakMap<OpenConnection, number>()
  readonly #watched = new Map<Connections, { key: string, requests: number }>()
  #timer: NodeJS.Timeout | undefined
  /** Infinity: there is no next look. */
  #interval = Infinity
  #utilized = performance.eventLoopUtilization()
  #lookedAt = 0

  /** @param openLot returns undefined if the lane has none; then nothing is parked */
  constructor (openLot: (events: LotEvents) => Lot | undefined) {
    this.#lot = openLot({
      onReadable: places => {
        for (const place of places) this.#leave(place)?.handle.readStart()
        this.#active()
      },
      onMoved: places => { for (const place of places) this.#moved(place) }
    })
    const size = this.#lot?.size ?? 0
    this.#free = Array.from({ length: size }, (_, place) => size - 1 - place)
  }

  /** Parks the connections of an app from now on. */
  begin (connections: Connections, key: string): void {
    if (this.#lot === undefined) return
    this.#watched.set(connections, { key, requests: 0 })
    connections.onActivity = () => { this.#active() }
    this.#active()
  }

  end (connections: Connections): void {
    if (!this.#watched.delete(connections)) return
    connections.onActivity = undefined
    for (const { connection, handle } of [...this.#parked.values()]) {
      if (connections.has(connection) && this.unpark(connection)) handle.readStart()
    }
    if (this.#watched.size === 0) clearTimeout(this.#timer)
  }

  /** Takes the connection out of the lot. Returns whether it is still this process's; nobody reads from it then. */
  unpark (connection: OpenConnection): boolean {
    const place = this.#places.get(connection)
    if (place === undefined || this.#lot === undefined) return true
    const ours = this.#lot.unpark(place)
    this.#leave(place)
    if (!ours) letGo(connection)
    return ours
  }

  /** Something happens on a connection. */
  #active (): void {
    if (this.#interval <= MOST_OFTEN) return // there is a look soon
    this.#interval = MOST_OFTEN
    this.#schedule()
  }

  #schedule (): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => { this.#look() }, Math.max(this.#interval, this.#open() / PER_MILLISECOND)).unref()
  }

  /** The number of requests since the last call. */
  #takeRequests (): number {
    let requests = 0
    for (const [connections, watched] of this.#watched) {
      requests += connections.requests - watched.requests
      watched.requests = connections.requests
    }
    return requests
  }

  /** Since the last call. */
  #utilization (): number {
    const before = this.#utilized
    this.#utilized = performance.eventLoopUtilization()
    return performance.eventLoopUtilization(this.#utilized, before).utilization
  }

  #open (): number {
    let open = 0
    for (const { count } of this.#watched.keys()) open += count
    return open
  }

  #look (): void {
    const requests = this.#takeRequests()
    const now = performance.now()
    const isSaturated = requests > (now - this.#lookedAt) * MOST_REQUESTS || this.#utilization() > SATURATED
    this.#lookedAt = now
    for (const [connections, watched] of isSaturated || this.#free.length === 0 ? [] : this.#watched) {
      const candidates: OpenConnection[] = []
      for (const connection of connections) {
        if (now - connection.usedAt >= REST && !this.#places.has(connection) && seemsIdle(connection)) candidates.push(connection)
      }
      if (candidates.length === 0) continue
      for (const idle of idleOf(connections.server as Server, candidates)) this.#park(connections.server as Server, watched.key, idle)
    }
    this.#interval = requests > 0 ? MOST_OFTEN : Math.min(this.#interval * 2, LEAST_OFTEN)
    if (this.#open() > this.#parked.size) this.#schedule()
    else this.#interval = Infinity // until something happens
  }

  #park (server: Server, key: string, { connection, handle }: Idle): void {
    const place = this.#free.pop()
    if (place === undefined || this.#lot === undefined) return
    handle.readStop()
    const left = timeLeft(server, connection, performance.now())
    if (!this.#lot.park(place, key, { handle, left, note: connection.note ?? '' })) {
      this.#free.push(place)
      handle.readStart()
      return
    }
    this.#parked.set(place, { connection, handle, unguard: guard(connection.raw, handle, () => this.#used({ connection, handle })) })
    this.#places.set(connection, place)
  }

  /** Node or the app does something with the connection. @returns whether it may */
  #used ({ connection, handle }: Idle): boolean {
    if (!this.#places.has(connection)) return true
    const ours = this.unpark(connection)
    if (ours) handle.readStart()
    this.#active()
    return ours
  }

  /** Makes the place free in this class; it is free in the lot. */
  #leave (place: number): Idle | undefined {
    const parked = this.#parked.get(place)
    if (parked === undefined) return undefined
    this.#parked.delete(place)
    this.#places.delete(parked.connection)
    this.#free.push(place)
    parked.unguard()
    return parked
  }

  #moved (place: number): void {
    const parked = this.#leave(place)
    if (parked !== undefined) letGo(parked.connection)
  }
}
