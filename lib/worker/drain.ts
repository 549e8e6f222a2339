import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { setImmediate as turn } from 'node:timers/promises'
import { isUpgraded, socketsBetweenRequests, speaks } from '../platform/node-internals.js'
import { SERVICE_RESTART, type WebSocketClient } from './websocket.js'
import type { Connections, OpenConnection } from './connections.js'
import { drainSessions } from './drain/sessions.js'

/** Milliseconds between two looks at the idle connections. */
const SWEEP = 50

/** Milliseconds without a byte after which a connection is idle: long enough for a request under way to come in. */
const IDLE = 1_000

/**
 * The same in haste, of a connection that has been served: a client that answers at once stays
 * within it, and a person who saves a file and looks at the result does not.
 */
const HASTY_IDLE = 200

/**
 * The same of a prompt drain, for a connection on which not even the beginning of another request has come, and
 * for a session of HTTP/2: a client that sends one request after another over up to 100 ms of latency stays within it, and a process that has
 * nothing to do ends within the 500 ms that fastify-cli's own programs give it.
 */
const PROMPT_IDLE = 100

/** The share of grace, its last, over which WebSockets are told to go: not all at once, or all return at once. */
const WEBSOCKETS_SHARE = 0.25

/**
 * How soon idle connections are closed: gently, where others serve on (a reload); promptly, where the app closes,
 * or all of it stops; in haste, where the code is out of date.
 */
export type Pace = 'gentle' | 'prompt' | 'hasty'

export interface Drain {
  /** Milliseconds. */
  grace: number
  /** Asked again and again: what is gentle may become prompt. */
  pace (): Pace
  /** Whether requests under way are cut by now. */
  forced (): boolean
  webSockets (): Iterable<WebSocketClient>
}

/**
 * Lets a server finish what it has, without a failed request: it goes on answering, and the last
 * answer on each connection says `Connection: close`; what is idle is closed, HTTP/2 gets its
 * GOAWAY. Resolves when no connection is left, which after `grace` is made so. WebSockets that are open by
 * then are told to go in the last quarter of grace; in haste at once.
 *
 * `server.close()` and `fastify.close()` come after it: they close connections on which a request
 * may be under way, and answer 503.
 */
export async function drain (connections: Connections, { grace, pace, forced, webSockets }: Drain): Promise<void> {
  const keepAlive = new LastAnswers(connections)
  keepAlive.begin()
  const hasty = pace() === 'hasty'
  const close = sweeper(connections, pace)
  const sweep = (): void => { forced() ? cut(connections) : close() }
  if (pace() !== 'gentle') sweep()
  const spread = hasty ? 0 : grace * WEBSOCKETS_SHARE
  const ends = [
    every(hasty ? HASTY_IDLE : SWEEP, sweep),
    drainSessions(connections, pace() === 'prompt' ? PROMPT_IDLE : IDLE),
    after(hasty ? 0 : grace - spread, () => { closeSpread([...webSockets()], spread) }),
    after(grace, () => { destroyAll(connections) })
  ]
  await connections.none()
  for (const end of ends) end()
}

/** Puts `Connection: close` on the last answer of each connection, and on no other. */
class LastAnswers {
  readonly #connections: Connections
  /** What Node had decided before. */
  readonly #before = new WeakMap<ServerResponse, boolean>()

  constructor (connections: Connections) {
    this.#connections = connections
  }

  begin (): void {
    for (const { response } of this.#connections) if (response !== undefined && isOpen(response)) this.#makeLast(response)
    for (const event of this.#connections.requestEvents) this.#postpone(event)
  }

  // A handler that answers at once would close the connection in the middle of a pipeline: first
  // all requests that were read together are seen, then the first of them is handled.
  #postpone (event: string): void {
    const { server } = this.#connections
    const handlers = server.listeners(event)
    server.removeAllListeners(event)
    server.on(event, (request: IncomingMessage, response: ServerResponse) => {
      const connection = this.#connections.of(request)
      if (connection !== undefined) this.#replaceLast(connection, response)
      this.#connections.answering(request, response)
      process.nextTick(() => { for (const handler of handlers) handler.call(server, request, response) })
    })
  }

  #replaceLast ({ response: former }: OpenConnection, response: ServerResponse): void {
    const before = former === undefined ? undefined : this.#before.get(former)
    if (former !== undefined && before !== undefined && !former.headersSent) former.shouldKeepAlive = before
    this.#makeLast(response)
  }

  #makeLast (response: ServerResponse): void {
    this.#before.set(response, response.shouldKeepAlive)
    response.shouldKeepAlive = false
  }
}

/** What a look at a connection has found: since when nothing happens on it, and whether anything has come since its last answer. */
interface Look { bytes: number, since: number, begun: boolean }

/** Closes connections on which nothing happens, HTTP/1 only. */
function sweeper (connections: Connections, pace: () => Pace): () => void {
  const seen = new WeakMap<OpenConnection, Look>()
  const secureH2 = speaks(connections.server) === 'h2'
  return () => {
    if (!connections.traceable || speaks(connections.server) === 'h2c') return
    const now = performance.now()
    const hasty = pace() === 'hasty'
    const prompt = pace() === 'prompt'
    const between = prompt ? socketsBetweenRequests(connections.server) : undefined
    for (const connection of connections) {
      const { raw, socket, response } = connection
      const { bytesRead } = raw
      // When an answer began is known, and not when it ended: only in haste is that near enough.
      const countsBefore = hasty || (prompt && response === undefined)
      let last = seen.get(connection) ?? { bytes: bytesRead, since: countsBefore ? connection.usedAt : now, begun: false }
      if (isBusy(connection)) last = { bytes: bytesRead, since: now, begun: false }
      else if (bytesRead !== last.bytes) last = { bytes: bytesRead, since: now, begun: true }
      seen.set(connection, last)
      let patience = IDLE
      if (response !== undefined && hasty) patience = HASTY_IDLE
      if (response !== undefined && between?.has(socket) === true && !last.begun) patience = PROMPT_IDLE
      if (now - last.since >= patience && !isUpgraded(socket) && !(secureH2 && (socket as TLSSocket).alpnProtocol === 'h2')) {
        closeIfIdle(connection)
      }
    }
  }
}

/** In this turn of the loop a request may lie unread in the socket: two turns later it would have been read. */
async function closeIfIdle (connection: OpenConnection): Promise<void> {
  const { raw, socket, response } = connection
  const { bytesRead } = raw
  await turn()
  await turn()
  if (raw.bytesRead === bytesRead && connection.response === response && !isBusy(connection)) socket.destroy()
}

function isBusy ({ response }: OpenConnection): boolean {
  return response !== undefined && isOpen(response)
}

function isOpen (response: ServerResponse): boolean {
  return !response.writableFinished && !response.destroyed
}

function closeSpread (clients: WebSocketClient[], time: number): void {
  clients.forEach((client, place) => {
    after(time * place / clients.length, () => { client.close(SERVICE_RESTART) })
  })
}

/** As `server.closeAllConnections()`: upgraded ones are not the server's any more. */
function cut (connections: Connections): void {
  for (const session of connections.sessions) session.destroy()
  for (const { socket, raw } of connections) {
    if (isUpgraded(socket)) continue
    socket.destroy()
    raw.destroy()
  }
}

function destroyAll (connections: Connections): void {
  for (const session of connections.sessions) session.destroy()
  for (const { socket, raw } of connections) {
    socket.destroy()
    raw.destroy()
  }
}

function after (delay: number, run: () => void): () => void {
  const timer = setTimeout(run, delay)
  return () => { clearTimeout(timer) }
}

function every (interval: number, run: () => void): () => void {
  const timer = setInterval(run, interval)
  return () => { clearInterval(timer) }
}
