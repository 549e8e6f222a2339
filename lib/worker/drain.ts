import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { setImmediate as turn } from 'node:timers/promises'
import { isUpgraded, speaks } from '../internals.js'
import type { Connections, OpenConnection } from './connections.js'
import { drainSessions } from './drain/sessions.js'

/** Milliseconds between two looks at the idle connections. */
const SWEEP = 100

/** Milliseconds without a byte after which a connection is idle: long enough for a request under way to come in. */
const IDLE = 1_000

/**
 * The same in haste, of a connection that has been served: a client that answers at once stays
 * within it, and a person who saves a file and looks at the result does not.
 */
const HASTY_IDLE = 200

/** The share of grace, its last, over which WebSockets are told to go: not all at once, or all return at once. */
const WEBSOCKETS_SHARE = 0.25

/** "Service Restart": come back. https://www.iana.org/assignments/websocket/websocket.xhtml#close-code-number */
const SERVICE_RESTART = 1012

/** What a drain needs to know of a WebSocket: those of @fastify/websocket have it. */
export interface WebSocketClient { close (code: number): void }

/**
 * Lets a server finish what it has, without a failed request: it goes on answering, and the last
 * answer on each connection says `Connection: close`; what is idle is closed, HTTP/2 gets its
 * GOAWAY. Resolves when no connection is left, which after `grace` is made so.
 *
 * In haste, what has been idle already is closed at once, and WebSockets are told to go right away.
 *
 * `server.close()` and `fastify.close()` come after it: they close connections on which a request
 * may be under way, and answer 503.
 */
export async function drain (connections: Connections, grace: number, webSockets: () => Iterable<WebSocketClient>, hasty = false): Promise<void> {
  const keepAlive = new LastAnswers(connections)
  keepAlive.begin()
  const sweep = sweeper(connections, hasty)
  if (hasty) sweep()
  const spread = hasty ? 0 : grace * WEBSOCKETS_SHARE
  const ends = [
    every(hasty ? HASTY_IDLE : SWEEP, sweep),
    drainSessions(connections),
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

/** Closes connections on which nothing happens, HTTP/1 only. In haste, that nothing has happened before counts too. */
function sweeper (connections: Connections, hasty: boolean): () => void {
  const seen = new WeakMap<OpenConnection, { bytes: number, since: number }>()
  const secureH2 = speaks(connections.server) === 'h2'
  const patience = ({ response }: OpenConnection): number => hasty && response !== undefined ? HASTY_IDLE : IDLE
  return () => {
    if (!connections.traceable || speaks(connections.server) === 'h2c') return
    const now = performance.now()
    for (const connection of connections) {
      const { raw, socket } = connection
      let last = seen.get(connection) ?? { bytes: raw.bytesRead, since: hasty ? connection.usedAt : now }
      if (isBusy(connection) || raw.bytesRead !== last.bytes) last = { bytes: raw.bytesRead, since: now }
      seen.set(connection, last)
      if (now - last.since >= patience(connection) && !isUpgraded(socket) && !(secureH2 && (socket as TLSSocket).alpnProtocol === 'h2')) {
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
