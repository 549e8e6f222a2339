import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Return, ReturnReason, WorkerLane } from '../lane.js'
import { onMessageBegin, socketsBetweenRequests } from '../platform/node-internals.js'
import type { Connections, OpenConnection } from './connections.js'
import { type Idle, idleOf, letGo, seemsIdle, settled, timeLeft } from './idle.js'
import type { Parking } from './parking.js'

/** Milliseconds between two looks for idle connections: the fewest, and the most. */
const MOST_OFTEN = 25
const LEAST_OFTEN = 1_000

/** The number of checks in one `returnAfter`. A connection may be returned late by the time between two of them. */
const CHECKS = 4

export interface ReturningParts {
  connections: Connections
  lane: Pick<WorkerLane, 'giveBack' | 'mostReturns'>
  /** Where idle connections may be parked. */
  parking: Pick<Parking, 'unpark'> | undefined
  /** Whether the primary takes connections back. */
  allowed (): boolean
  /** `returnAfter`, in milliseconds. */
  after: number
}

/**
 * Returns idle connections of an HTTP/1 server to the primary: the last answer is written out, the last
 * request is read, and not a byte of the next one. All of that is checked, and the connection sent and let go
 * of, in one turn of JavaScript, in which nothing is read. What has arrived by then is in the kernel, and goes
 * along.
 */
export class Returning {
  readonly #parts: ReturningParts
  readonly #server: Server
  /** Since when each connection is idle, as far as it was seen, and after which response. */
  readonly #idle = new WeakMap<OpenConnection, { since: number, response: ServerResponse | undefined }>()
  /** Those that have been sent, without an answer yet. */
  readonly #going = new WeakSet<OpenConnection>()
  /** For a drain: whether a byte of the next request has been read. A connection is missing if that is unknown. */
  readonly #ahead = new WeakMap<OpenConnection, boolean>()
  #key = ''
  #draining = false
  #timer: NodeJS.Timeout | undefined

  constructor (parts: ReturningParts) {
    this.#parts = parts
    this.#server = parts.connections.server as Server
  }

  get allowed (): boolean {
    return this.#parts.allowed()
  }

  /** Returns connections that have been idle for `returnAfter`, from now on. */
  begin (key: string): void {
    const { after } = this.#parts
    this.#key = key
    if (after === 0) return
    const interval = Math.min(LEAST_OFTEN, Math.max(MOST_OFTEN, after / CHECKS))
    this.#timer = setInterval(() => { this.#returnByTime() }, interval).unref()
  }

  /** Returns all connections that are idle now, unless connections are never returned by time. */
  share (): void {
    if (this.#parts.after > 0 && this.allowed) this.#giveBack('time', this.#idleAmong([...this.#parts.connections]))
  }

  /** Returns nothing more by itself. */
  end (): void {
    clearInterval(this.#timer)
    this.#draining = false
  }

  /** Returns each connection as soon as it is idle, from now on. Those that are idle now go with the next {@link sweep}. */
  drain (): void {
    this.end()
    this.#draining = true
    const { connections } = this.#parts
    const between = socketsBetweenRequests(this.#server)
    if (between !== undefined) for (const connection of connections) this.#watch(connection, !between.has(connection.raw) && isReadOn(connection))
    for (const { response } of connections) if (response !== undefined && !response.writableFinished) this.#whenFinished(response)
    for (const event of connections.requestEvents) {
      this.#server.prependListener(event, (request: IncomingMessage, response: ServerResponse) => {
        const connection = connections.of(request)
        if (connection !== undefined) this.#watch(connection, false)
        this.#whenFinished(response)
      })
    }
  }

  /** While it drains: returns all connections that are idle now. */
  sweep (): void {
    if (this.allowed) this.#giveBack('drain', this.#idleAmong([...this.#parts.connections]))
  }

  #returnByTime (): void {
    if (!this.allowed) return
    const now = performance.now()
    const due: OpenConnection[] = []
    for (const connection of this.#parts.connections) {
      const { response } = connection
      const seen = this.#idle.get(connection)
      if (!seemsIdle(connection)) this.#idle.delete(connection)
      else if (seen === undefined || seen.response !== response) this.#idle.set(connection, { since: now, response })
      else if (now - seen.since >= this.#parts.after) due.push(connection)
    }
    if (due.length > 0) this.#giveBack('time', this.#idleAmong(due))
  }

  #idleAmong (candidates: readonly OpenConnection[]): Idle[] {
    return idleOf(this.#server, candidates.filter(connection => !this.#going.has(connection)))
  }

  /** Knows from now on whether a byte of the connection's next request has been read. */
  #watch (connection: OpenConnection, ahead: boolean): void {
    if (this.#ahead.has(connection) || onMessageBegin(connection.raw, () => { this.#ahead.set(connection, true) })) this.#ahead.set(connection, ahead)
  }

  #whenFinished (response: ServerResponse): void {
    response.once('finish', () => {
      // In the next tick, when the app's own listeners have been called; nothing is read before it.
      process.nextTick(() => {
        const connection = this.#parts.connections.of(response.req)
        if (connection !== undefined && this.#draining && this.allowed && this.#ahead.get(connection) === false && !this.#going.has(connection) && seemsIdle(connection)) this.#giveBack('drain', settled(connection))
      })
    })
  }

  /** As far as it was seen; otherwise since now. */
  #idleSince (connection: OpenConnection): number {
    const seen = this.#idle.get(connection)
    if (seen !== undefined && seen.response === connection.response) return seen.since
    return connection.response === undefined ? connection.usedAt : performance.now()
  }

  #giveBack (reason: ReturnReason, idle: readonly Idle[]): void {
    const { lane, parking } = this.#parts
    const ready = idle.filter(({ connection }) => parking?.unpark(connection) !== false)
    for (let from = 0; from < ready.length; from += lane.mostReturns) {
      const batch = ready.slice(from, from + lane.mostReturns)
      const returns = batch.map(({ connection, handle }): Return => {
        handle.readStop()
        this.#going.add(connection)
        return { handle, left: timeLeft(this.#server, connection, this.#idleSince(connection)), note: connection.note ?? '' }
      })
      lane.giveBack(this.#key, reason, returns, (place, returned) => {
        const { connection, handle } = batch[place] as Idle
        this.#going.delete(connection)
        if (returned) letGo(connection)
        else if (!connection.raw.destroyed) handle.readStart()
      })
    }
  }
}

/** Whether a request has been read in part, or more than the one that is being answered. */
function isReadOn ({ response, raw, begun }: OpenConnection): boolean {
  return response === undefined ? begun || raw.bytesRead > 0 : response.writableFinished || response.req.complete
}
