import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { setImmediate as turn } from 'node:timers/promises'
import { isUpgraded, socketsBetweenRequests, speaks } from '../platform/node-internals.js'
import { SERVICE_RESTART, type WebSocketClient } from './websocket.js'
import type { Connections, OpenConnection } from './connections.js'
import type { Returning } from './returning.js'
import { drainSessions } from './drain/sessions.js'

/** Milliseconds between two checks of idle connections. */
const SWEEP = 50

/**
 * Milliseconds without a byte after which a connection is idle: long enough for a request to arrive that is
 * on its way.
 */
const IDLE = 1_000

/**
 * The same for a hasty drain, for a connection that has been served. A client that sends its next request at
 * once is faster; a person who saves a file and looks at the result is slower.
 */
const HASTY_IDLE = 200

/**
 * The same for a prompt drain, for a connection on which no part of another request has arrived, and for an
 * HTTP/2 session. A client that sends one request after another, with a latency of up to 100 ms, is faster.
 * And an idle process exits within the 500 ms that programs of fastify-cli have.
 */
const PROMPT_IDLE = 100

/**
 * The last share of grace, over which WebSockets are closed one by one, so that the clients do not all
 * reconnect at once.
 */
const WEBSOCKETS_SHARE = 0.25

/**
 * The share of grace in which connections are returned. What has not become idle by then is told to close,
 * like a connection that cannot move.
 */
const RETURN_SHARE = 0.5

/**
 * How soon idle connections are closed. Gentle: other workers go on serving (a reload). Prompt: the app
 * closes, or everything stops. Hasty: the code is out of date.
 */
export type Pace = 'gentle' | 'prompt' | 'hasty'

export interface Drain {
  /** Milliseconds. */
  grace: number
  /** Read again and again: a gentle drain may become prompt. */
  pace (): Pace
  /** Whether it is time to cut off requests in progress. */
  forced (): boolean
  webSockets (): Iterable<WebSocketClient>
  /** Moves idle connections to other workers, if the server's connections can move. */
  returning: Pick<Returning, 'drain' | 'sweep' | 'end'> | undefined
  /** Whether it may do so now. Read again and again. */
  mayReturn (): boolean
}

/**
 * Lets a server finish its connections without a failed request. It goes on answering. Connections that can
 * move are returned to the primary as soon as they are idle. On the others, the last response says
 * `Connection: close`; idle ones are closed, and HTTP/2 sessions get GOAWAY. Resolves when no connection is left; after `grace`, the rest are destroyed. WebSockets that are still open
 * are closed in the last quarter of grace, or at once in a hasty drain.
 *
 * `server.close()` and `fastify.close()` must come later: they close connections on which a request may be
 * in progress, and answer 503.
 */
export async function drain (connections: Connections, { grace, pace, forced, webSockets, returning, mayReturn }: Drain): Promise<void> {
  const lastAnswers = new LastAnswers(connections)
  const hasty = pace() === 'hasty'
  const close = sweeper(connections, pace)
  const returnsUntil = performance.now() + grace * RETURN_SHARE
  const returns = (): boolean => mayReturn() && performance.now() < returnsUntil
  let moving = returning !== undefined && returns()
  if (moving) returning?.drain()
  else lastAnswers.begin()
  const sweep = (): void => {
    if (moving && !returns()) {
      moving = false
      returning?.end()
      lastAnswers.begin()
    }
    if (moving) returning?.sweep()
    if (forced()) cut(connections)
    else if (!moving) close()
  }
  if (moving || pace() !== 'gentle') sweep()
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

/** Sets `Connection: close` on the last response of each connection, and on no other. */
class LastAnswers {
  readonly #connections: Connections
  /** Node's decision about keep-alive for each response. */
  readonly #before = new WeakMap<ServerResponse, boolean>()

  constructor (connections: Connections) {
    this.#connections = connections
  }

  begin (): void {
    for (const { response } of this.#connections) if (response !== undefined && isOpen(response)) this.#makeLast(response)
    for (const event of this.#connections.requestEvents) this.#postpone(event)
  }

  // If the handler of a pipelined request answered at once, it would close the connection in the middle of
  // the pipeline. So all requests that were read together are registered before the first of them is handled.
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

/**
 * The state of a connection at the last check: since when it is idle, and whether data has arrived since its
 * last response.
 */
interface Look { bytes: number, since: number, begun: boolean }

/** Closes idle connections, HTTP/1 only. */
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
      // It is known when a response began, but not when it ended. Only for a hasty drain is that precise enough.
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

/** A request may be in the socket's buffer, unread. Two iterations of the event loop later, it would have been read. */
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

/** Like `server.closeAllConnections()`: upgraded connections do not belong to the server any more. */
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
