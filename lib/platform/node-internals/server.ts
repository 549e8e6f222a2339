import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import tls from 'node:tls'
import { NodeUnsupportedError } from '../../errors.js'
import type { ServerHandle, SocketName } from './handles.js'

interface PrivateServer {
  _handle: ServerHandle | null
  _connections: number
  _listeningId: number
  _pipeName?: string
  _listen2 (address: string, port: number, addressType: number, backlog: number, fd?: number): void
}

const seen = (server: net.Server): PrivateServer => server as unknown as PrivateServer

/** @throws SHARED_PORT_ERR_NODE_UNSUPPORTED, which names the part that this Node version lacks */
export function assertNodeSupported (): void {
  const server = seen(net.createServer())
  const lacking = [
    [typeof Reflect.get(net, '_createServerHandle') === 'function', 'net._createServerHandle'],
    [typeof server._listen2 === 'function', 'server._listen2'],
    [typeof server._connections === 'number', 'server._connections'],
    [typeof server._listeningId === 'number', 'server._listeningId'],
    [server._handle === null, 'server._handle']
  ].find(([there]) => !there)
  if (lacking !== undefined) throw new NodeUnsupportedError(process.version, lacking[1] as string)
}

/**
 * Makes the server listen on our handle, with the same steps that `server.listen({ fd })` takes once it has
 * a handle: Node sets `handle.onconnection` and emits 'listening' in the next tick. From then on, calling
 * `handle.onconnection(0, client)` is an ordinary accept.
 */
export function listenOn (server: net.Server, handle: ServerHandle, name: SocketName | string, backlog = 0): void {
  const hidden = seen(server)
  hidden._handle = handle
  if (typeof name === 'string') {
    hidden._pipeName = name // server.address() returns this for a Unix socket
    hidden._listen2(name, -1, -1, backlog)
  } else {
    hidden._listen2(name.address, name.port, name.family === 'IPv6' ? 6 : 4, backlog)
  }
}

/** The descriptor of the socket on which the server listens. On Windows there is none. */
export function listeningFd (server: net.Server): number | undefined {
  const fd = (seen(server)._handle as { fd?: number } | null)?.fd
  return fd === undefined || fd < 0 ? undefined : fd
}

/** Numbers a call of listen(). The number is outdated as soon as close() or listen() is called again. */
export function nextListening (server: net.Server): number {
  return ++seen(server)._listeningId
}

export function isListening (server: net.Server, id: number): boolean {
  return seen(server)._listeningId === id
}

/** The number that Node compares with `maxConnections`: `server.getConnections()` without the callback. */
export function openConnections (server: net.Server): number {
  return seen(server)._connections
}

/**
 * Whether Node would drop a connection that is accepted now. `maxConnections: 0` means unlimited before Node
 * 22, and no connections from Node 22 on; see `onconnection` in Node's lib/net.js.
 */
export function isFull (server: net.Server, more: number): boolean {
  const most = server.maxConnections as number | undefined
  if (most === undefined || most === null || Number.isNaN(most)) return false
  if (most === 0 && ZERO_IS_NO_LIMIT) return false
  return openConnections(server) + more >= most
}

const ZERO_IS_NO_LIMIT = Number(process.versions.node.split('.')[0]) < 22

/** The protocol that a server speaks. HTTP/2 servers have no public class to test for. */
export function speaks (server: net.Server): 'http1' | 'h2c' | 'h2' {
  if (server instanceof http.Server) return 'http1'
  if (!(server instanceof tls.Server)) return 'h2c'
  return server instanceof https.Server ? 'http1' : 'h2'
}

/**
 * The sockets of an HTTP/1 server on which no part of a request has arrived, according to the server's
 * parsers. closeIdleConnections() uses the same list (lib/_http_server.js). Undefined if this Node has no
 * such list, and then it cannot be known.
 */
export function socketsBetweenRequests (server: net.Server): Set<net.Socket> | undefined {
  const key = Object.getOwnPropertySymbols(server).find(({ description }) => description === 'http.server.connections')
  if (key === undefined) return undefined
  const list = Reflect.get(server, key) as { idle? (): Array<{ socket: net.Socket }> }
  return typeof list.idle === 'function' ? new Set(list.idle().map(({ socket }) => socket)) : undefined
}

/**
 * Calls the server's close() if a plugin has replaced it, but prevents Node's close() from closing idle
 * connections, which would lose requests that are on their way. Fastify calls close() again later, which is
 * allowed.
 */
export function callReplacedClose (server: http.Server): () => void {
  if (!Object.hasOwn(server, 'close')) return () => {}
  server.closeIdleConnections = () => {} // Node's close() calls this method on the server
  server.close()
  return () => { Reflect.deleteProperty(server, 'closeIdleConnections') }
}
