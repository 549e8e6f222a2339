import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { Socket } from 'node:net'

export interface Limits {
  /** Connections at a time. */
  connections: number
  /** Requests at a time on one connection. */
  requests: number
  /** Milliseconds for the headers of a connection's first request, and for the body of each. */
  request: number
  /** Milliseconds that a connection is kept after an answer. */
  idle: number
  /** Milliseconds for which a client may take nothing of what waits for it. */
  stall: number
  /** Milliseconds between two looks at who has been there for too long. */
  look: number
}

const LIMITS: Limits = {
  connections: 128, // their descriptors are the primary's, and the app's clients need those
  requests: 16, // browsers and scrapers wait for each answer
  request: 10_000,
  idle: 75_000, // scrapes are 15 to 60 seconds apart
  stall: 30_000,
  look: 1_000
}

interface Asked { request: IncomingMessage, begun: number, answered: boolean }

interface Guest {
  /** What it asked for and has not had, or not sent the whole of. */
  asked: Asked[]
  /** By the clock, since when it has been asking for nothing. */
  idleSince: number
  /** How long it may ask for nothing. */
  patience: number
}

/**
 * The connections of an HTTP server that anybody may come to. None is refused, so that a health
 * check always comes through: when all places are taken, the least busy one has to go, and of those
 * the one that has been so for longest.
 *
 * Node's own timeouts do not do: `headersTimeout` and `requestTimeout` need a server that listens
 * itself, and `maxConnections` resets those that are new.
 */
export class Room {
  readonly #limits: Limits
  readonly #guests = new Map<Socket, Guest>()
  #timer: NodeJS.Timeout | undefined

  constructor (limits = LIMITS) {
    this.#limits = limits
  }

  /** A server for its connections, those that it is handed or accepts itself. */
  createServer (listener: RequestListener): Server {
    const server = createServer((request, response) => { if (this.#admits(request, response)) listener(request, response) })
    server.timeout = this.#limits.stall
    server.keepAliveTimeout = this.#limits.idle
    return server.on('connection', socket => { this.enter(socket) })
  }

  /** A connection, before its server has it or when it has. */
  enter (socket: Socket): void {
    if (socket.destroyed || this.#guests.has(socket)) return
    if (this.#guests.size >= this.#limits.connections) this.#makeRoom()
    this.#guests.set(socket, { asked: [], idleSince: performance.now(), patience: this.#limits.request })
    socket.once('close', () => { this.#leave(socket) })
    this.#timer ??= setInterval(() => { this.#look() }, this.#limits.look).unref()
  }

  /** Cuts all of them off. */
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
      const [rank, since] = businessOf(guest)
      if (least === undefined || rank < least[1] || (rank === least[1] && since < least[2])) least = [socket, rank, since]
    }
    if (least === undefined) return
    least[0].destroy()
    this.#leave(least[0]) // its place is free at once, though 'close' comes later
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

  /** Forgets what has been answered: where a body is not whole yet, the client is still asking. */
  #settle (guest: Guest): void {
    const before = guest.asked.length
    guest.asked = guest.asked.filter(({ request, answered }) => !answered || !request.complete)
    if (before === 0 || guest.asked.length > 0) return
    guest.idleSince = performance.now()
    guest.patience = this.#limits.idle
  }
}

/** Idle (0), sending (1), or waiting for an answer (2), and since when. */
function businessOf ({ asked, idleSince }: Guest): [rank: number, since: number] {
  const [first] = asked
  if (first === undefined) return [0, idleSince]
  return [asked.every(({ request }) => request.complete) ? 2 : 1, first.begun]
}
