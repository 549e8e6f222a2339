import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ServerHttp2Session } from 'node:http2'
import type { Server, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { SharedHandle } from '../fastify/shared-handle.js'
import { type RawHandle, rawSocket, speaks } from '../platform/node-internals.js'
import { MOST_SUSPECTS } from '../protocol.js'

/** An open connection, and the last response begun on it. */
export interface OpenConnection {
  /** The socket that the HTTP server reads from: with TLS, the TLS socket. */
  socket: Socket
  /** The accepted socket. */
  readonly raw: Socket
  /** HTTP/1: responses are sent in order, so the connection is busy until this one has ended. */
  response: ServerResponse | undefined
  /** When that response began, or else when the connection was opened, by performance.now(). */
  usedAt: number
  /** What came with it from its former worker. Undefined if it did not come from the primary, but from the app. */
  readonly note: string | undefined
  /** Whether a part of its first request came with it. */
  readonly begun: boolean
}

/** A connection on its way into the server: its note, and what has been read from it already. */
interface Arriving { note: string, head: Buffer | undefined }

/** The open connections of one server. This costs each request a lookup in a map and an entry in a list. */
export class Connections {
  readonly server: Server
  readonly sessions = new Set<ServerHttp2Session>()
  /**
   * False if this Node does not expose the accepted socket of a TLS socket. Then it is unknown which
   * connections are idle.
   */
  traceable = true
  /** The number of requests received. */
  requests = 0
  /** Called at each request, and for each new connection. */
  onActivity: (() => void) | undefined
  /** The number of completed TLS handshakes. */
  readonly handshakes = { full: 0, resumed: 0 }
  readonly #open = new Map<Socket, OpenConnection>()
  /** The latest requests, by their numbers modulo the length. */
  readonly #last: IncomingMessage[] = []
  /** The number of requests at the last two calls of {@link age}, the earlier first. */
  #ages: [number, number] = [0, 0]
  /** The sockets of sessions without TLS. */
  readonly #plainSockets = new WeakMap<ServerHttp2Session, Socket>()
  /** Without TLS: the socket whose session is about to begin. */
  #beginning: Socket | undefined
  #arriving: Arriving | undefined
  readonly #onChange: () => void
  #count = 0
  #whenNone: Array<() => void> = []

  /** @param onChange called when the number of connections has changed */
  constructor (server: Server, onChange: () => void) {
    this.server = server
    this.#onChange = onChange
    server.prependListener('connection', (raw: Socket) => { this.#opened(raw) })
    server.prependListener('secureConnection', (socket: TLSSocket) => { this.#secured(socket) })
    server.prependListener('request', this.#onRequest)
    if (speaks(server) !== 'http1') server.on('session', (session: ServerHttp2Session) => { this.#began(session) })
  }

  get count (): number {
    return this.#count
  }

  /**
   * The events by which requests arrive. If the app listens to the events for `Expect`, Node emits those
   * instead of 'request'. If only we listened, Node would not answer such requests itself.
   */
  get requestEvents (): string[] {
    return ['request', ...['checkContinue', 'checkExpectation'].filter(event => this.server.listenerCount(event) > 0)]
  }

  /** Lets the server accept a connection that the primary has sent. */
  accept (handle: SharedHandle, client: RawHandle, note: string, head?: Buffer): void {
    this.#arriving = { note, head }
    try {
      handle.accept(client)
    } finally {
      this.#arriving = undefined // the server may have dropped it
    }
  }

  /** Called when the app has had time to add its listeners. */
  listening (): void {
    for (const event of this.requestEvents.slice(1)) this.server.prependListener(event, this.#onRequest)
  }

  [Symbol.iterator] (): IterableIterator<OpenConnection> {
    return new Set(this.#open.values()).values()
  }

  has ({ raw }: OpenConnection): boolean {
    return this.#open.has(raw)
  }

  /** The connection on which the request arrived. Undefined for HTTP/2, whose streams end by themselves. */
  of (request: IncomingMessage): OpenConnection | undefined {
    return request.httpVersionMajor === 1 ? this.#open.get(request.socket) : undefined
  }

  /** The session's socket. Undefined with TLS. */
  plainSocketOf (session: ServerHttp2Session): Socket | undefined {
    return this.#plainSockets.get(session)
  }

  answering (request: IncomingMessage, response: ServerResponse): void {
    const connection = this.of(request)
    if (connection === undefined) return
    connection.response = response
    connection.usedAt = performance.now()
  }

  /** To be called once a second. Requests that began before the last call but one are no longer suspects. */
  age (): void {
    this.#ages = [this.#ages[1], this.requests]
  }

  /**
   * The requests that may just have blocked this process: those of the last one or two seconds, newest
   * first, and those with an open response.
   */
  * suspects (): Generator<IncomingMessage> {
    const oldest = Math.max(this.#ages[0], this.requests - MOST_SUSPECTS)
    for (let number = this.requests - 1; number >= oldest; number--) yield this.#last[number % MOST_SUSPECTS] as IncomingMessage
    for (const { response } of this) if (response?.destroyed === false) yield response.req
  }

  /** Resolves when no connection is open. */
  async none (): Promise<void> {
    if (this.#count > 0) await new Promise<void>(resolve => { this.#whenNone.push(resolve) })
  }

  readonly #onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    this.#last[this.requests++ % MOST_SUSPECTS] = request
    this.answering(request, response)
    this.onActivity?.()
  }

  #opened (raw: Socket): void {
    if (speaks(this.server) === 'h2c') this.#beginning = raw
    const arriving = this.#arriving
    this.#arriving = undefined
    if (arriving?.head !== undefined) raw.unshift(arriving.head)
    this.#open.set(raw, { socket: raw, raw, response: undefined, usedAt: performance.now(), note: arriving?.note, begun: arriving?.head !== undefined })
    this.#count++
    raw.once('close', () => { this.#closed(raw) })
    this.#onChange()
    this.onActivity?.()
  }

  #secured (socket: TLSSocket): void {
    this.handshakes[socket.isSessionReused() ? 'resumed' : 'full']++
    const raw = rawSocket(socket)
    const connection = raw === undefined ? undefined : this.#open.get(raw)
    if (connection === undefined) {
      this.traceable = false
      return
    }
    connection.socket = socket
    this.#open.set(socket, connection)
    socket.once('close', () => { this.#open.delete(socket) })
  }

  #began (session: ServerHttp2Session): void {
    this.sessions.add(session)
    // Without TLS, Node emits 'session' while it emits 'connection' (connectionListener in its
    // lib/internal/http2/core.js).
    if (this.#beginning !== undefined) this.#plainSockets.set(session, this.#beginning)
    this.#beginning = undefined
    session.once('close', () => { this.sessions.delete(session) })
  }

  #closed (raw: Socket): void {
    this.#open.delete(raw)
    this.#count--
    this.#onChange()
    if (this.#count > 0) return
    const waiting = this.#whenNone
    this.#whenNone = []
    for (const run of waiting) run()
  }
}
