import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { contextsOf, rootOf } from '../fastify/fastify-internals.js'
import { callReplacedClose, speaks } from '../platform/node-internals.js'
import { runPreClose } from '../fastify/pre-close.js'
import type { SafeLog } from '../fastify/safe-log.js'
import { SERVICE_RESTART, type WebSocketClient } from './websocket.js'

/**
 * Lets the app end connections that would keep its server from closing, as it does in a single process: with
 * its preClose hooks, and with a close() of a plugin that replaces the server's (@fastify/http-proxy).
 * WebSockets that a hook closes without a code get a code that tells the client to reconnect.
 *
 * @param grace milliseconds for the hooks
 * @returns a function to be called when the drain is over
 */
export async function endLongLived (fastify: FastifyInstance, grace: number, log: SafeLog): Promise<() => void> {
  const { server } = fastify
  try {
    if (server.listenerCount('upgrade') > 0) refuseUpgradesWhenUnheard(server)
    const undo = [...webSocketsOf(fastify)].map(sayComeBack)
    await runPreClose(fastify, grace, log)
    for (const run of undo) run()
    // Node's own close() of an HTTP/2 server ends sessions abruptly, so they are left to the drain.
    if (speaks(server) === 'http1') return callReplacedClose(server)
  } catch (err) {
    log.error({ event: 'pre-close', err }, 'could not close long-lived connections')
  }
  return () => {}
}

/**
 * The WebSockets of @fastify/websocket, if the app uses it. Its decorator may be in any context, and
 * contexts do not see each other's. An app may also have another decorator of that name.
 */
export function webSocketsOf (fastify: FastifyInstance): Iterable<WebSocketClient> {
  const contexts = contextsOf(rootOf(fastify)) as Array<FastifyInstance & { websocketServer?: { clients?: unknown } | null }>
  const clients = contexts.flatMap(({ websocketServer }) => websocketServer?.clients instanceof Set ? [...websocketServer.clients as Set<Partial<WebSocketClient>>] : [])
  return new Set(clients.filter((client): client is WebSocketClient => typeof client?.close === 'function'))
}

/**
 * Adds a close code while the hooks run. The hook of @fastify/websocket closes without one, which clients
 * understand as "do not reconnect". Only during the hooks, because later a close() without a code may be the
 * answer to a client's own close.
 */
function sayComeBack (client: WebSocketClient): () => void {
  const own = Object.getOwnPropertyDescriptor(client, 'close')
  const { close } = client
  client.close = (code = SERVICE_RESTART, ...reason) => { close.call(client, code, ...reason) }
  return () => {
    if (own === undefined) Reflect.deleteProperty(client, 'close')
    else Object.defineProperty(client, 'close', own)
  }
}

/**
 * The hook of @fastify/websocket removes its 'upgrade' listener. Without a listener, Node treats an upgrade
 * that is on its way as an ordinary request, and the app would answer 404 for a route that exists. This
 * answers 503, as a closing app does in a single process, so that clients try again.
 */
function refuseUpgradesWhenUnheard (server: FastifyInstance['server']): void {
  server.on('removeListener', (event: string | symbol) => {
    if (event === 'upgrade' && server.listenerCount('upgrade') === 0) server.on('upgrade', refuse)
  })
}

function refuse (_request: IncomingMessage, socket: Duplex): void {
  socket.on('error', () => {}) // Node has removed its own listener
  socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
}
