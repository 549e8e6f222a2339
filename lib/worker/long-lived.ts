import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { callReplacedClose, contextsOf, rootOf, speaks } from '../platform/node-internals.js'
import { runPreClose } from '../fastify/pre-close.js'
import type { SafeLog } from '../fastify/safe-log.js'
import { SERVICE_RESTART, type WebSocketClient } from './websocket.js'

/**
 * Lets the app end what would keep its server from closing, as it does in a single process: by its preClose
 * hooks, and by a close() that a plugin has put in the place of the server's own (@fastify/http-proxy). WebSockets
 * that a hook closes without a code are told to come back.
 *
 * @param grace milliseconds for the hooks
 * @returns what is to be called when the drain is over
 */
export async function endLongLived (fastify: FastifyInstance, grace: number, log: SafeLog): Promise<() => void> {
  const { server } = fastify
  try {
    if (server.listenerCount('upgrade') > 0) refuseUpgradesWhenUnheard(server)
    const undo = [...webSocketsOf(fastify)].map(sayComeBack)
    await runPreClose(fastify, grace, log)
    for (const run of undo) run()
    // To Node's own close() of HTTP/2 sessions there is no gentle way: they have the drain's.
    if (speaks(server) === 'http1') return callReplacedClose(server)
  } catch (err) {
    log.error({ event: 'pre-close', err }, 'could not close long-lived connections')
  }
  return () => {}
}

/**
 * Those of @fastify/websocket, where the app uses it. What one context decorates itself with, the others do not have.
 * An app may have decorated itself with something else by that name.
 */
export function webSocketsOf (fastify: FastifyInstance): Iterable<WebSocketClient> {
  const contexts = contextsOf(rootOf(fastify)) as Array<FastifyInstance & { websocketServer?: { clients?: unknown } | null }>
  const clients = contexts.flatMap(({ websocketServer }) => websocketServer?.clients instanceof Set ? [...websocketServer.clients as Set<Partial<WebSocketClient>>] : [])
  return new Set(clients.filter((client): client is WebSocketClient => typeof client?.close === 'function'))
}

/**
 * @fastify/websocket's own hook says no code, which clients take for "do not come back". For as long as the hooks
 * run: later a close() without a code may be the answer to a client's own.
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
 * @fastify/websocket takes its 'upgrade' listener away in its hook. Without any, Node treats an upgrade that is on
 * its way as an ordinary request, and the app would answer 404 for a route that it has: as in a single process
 * that closes, the answer is 503, by which clients try again.
 */
function refuseUpgradesWhenUnheard (server: FastifyInstance['server']): void {
  server.on('removeListener', (event: string | symbol) => {
    if (event === 'upgrade' && server.listenerCount('upgrade') === 0) server.on('upgrade', refuse)
  })
}

function refuse (_request: IncomingMessage, socket: Duplex): void {
  socket.on('error', () => {}) // Node has taken its own listener away
  socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
}
