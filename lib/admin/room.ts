import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { Socket } from 'node:net'

export interface Limits {
  /** The most connections at a time. */
  connections: number
  /** The most requests at a time on one connection. */
  requests: number
  /** Milliseconds for the headers of a connection's first request, and for the body of each request. */
  request: number
  /** Milliseconds that an idle connection is kept after an answer. */
  idle: number
  /** Milliseconds after which a client that reads nothing is disconnected. */
  stall: number
  /** Milliseconds between two checks for overdue connections. */
  look: number
}

const LIMITS: Limits = {
  connections: 128, // each uses a descriptor of the primary, which needs them for the app's clients
  requests: 16, // browsers and scrapers wait for each answer
  request: 10_000,
  idle: 75_000, // scrapes are 15 to 60 seconds apart
  stall: 30_000,
  look: 1_000
}

interface Asked { request: IncomingMessage, begun: number, answered: boolean }

interface Guest {
  /** The requests that are not answered yet, or not completely received. */
  asked: Asked[]
  /** When the last request ended, by performance.now(). */
  idleSince: number
  /** Milliseconds that the connection may stay idle. */
  patience: number
}

/**
 * The connections of an HTTP server that anyone may connect to. New connections are never refused, so that a
 * health check always succeeds. If there are too many, the least busy one is closed, and among equals the
 * one that has been in that state for the longest time.
 *
 * Node's own limits do not fit: `headersTimeout` and `requestTimeout` need a server that listens itself, and
 * `maxConnections` resets the new connections.
 */
export class Room {
  readonly #limits: Limits
  readonly #guests = new Map<Socket, Guest>()
  #timer: NodeJS.Timeout | undefined

  constructor (limits = LIMITS) {
    this.#limits = limits
  }

  /** Makes a server for these connections, whether they are passed to it or it accepts them itself. */
  createServer (listener: RequestListener): Server {
    const server = createServer((request, response) => { if (this.#admits(request, response)) listener(request, response) })
    server.timeout = this.#limits.stall
    server.keepAliveTimeout = this.#limits.idle
    return server.on('connection', socket => { this.enter(socket) })
  }

  /** Adds a connection. May be called before or after its server gets it. */
  enter (socket: Socket): void {
    if (socket.destroyed || this.#guests.has(socket)) return
    if (this.#guests.size >= this.#limits.connections) this.#makeRoom()
    this.#guests.set(socket, { asked: [], idleSince: performance.now(), patience: this.#limits.request })
    socket.once('close', () => { this.#leave(socket) })
    this.#timer ??= setInterval(() => { this.#look() }, this.#limits.look).unref()
  }

  /** Closes all connections. */
  close (): void {
    for (const socket of this.#guests.keys()) socket.destroy()
  }

  #leave (socket: Socket): void {
    this.#guests.delete(socket)
    if (this.#guests.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #admits (...[request, response]: Parameters<RequestListener>): boolean {
    const { socket } = request
    const guest = this.#guests.get(socket)
    if (guest === undefined || socket.destroyed) return false
    if (guest.asked.length === this.#limits.requests) {
      socket.destroy()
      return false
    }
    const asked = { request, begun: performance.now(), answered: false }
    guest.asked.push(asked)
    response.once('close', () => {
      asked.answered = true
      this.#settle(guest)
    })
    return true
  }

  #makeRoom (): void {
    let least: [socket: Socket, rank: number, since: number] | undefined
    for (const [socket, guest] of this.#guests) {
      const [rank, since] = activityOf(guest)
      if (least === undefined || rank < least[1] || (rank === least[1] && since < least[2])) least = [socket, rank, since]
    }
    if (least === undefined) return
    least[0].destroy()
    this.#leave(least[0]) // frees its place at once, since 'close' comes later
  }

  #look (): void {
    const now = performance.now()
    for (const [socket, guest] of this.#guests) {
      this.#settle(guest)
      const overdue = guest.asked.length === 0
        ? now - guest.idleSince > guest.patience
        : guest.asked.some(({ request, begun }) => !request.complete && now - begun > this.#limits.request)
      if (overdue) socket.destroy()
    }
  }

  /** Removes requests that are answered. A request whose body is incomplete is still in progress. */
  #settle (guest: Guest): void {
    const before = guest.asked.length
    guest.asked = guest.asked.filter(({ request, answered }) => !answered || !request.complete)
    if (before === 0 || guest.asked.length > 0) return
    guest.idleSince = performance.now()
    guest.patience = this.#limits.idle
  }
}

/** Whether the connection is idle (0), sending a request (1) or waiting for an answer (2), and since when. */
function activityOf ({ asked, idleSince }: Guest): [rank: number, since: number] {
  const [first] = asked
  if (first === undefined) return [0, idleSince]
  return [asked.every(({ request }) => request.complete) ? 2 : 1, first.begun]
}
