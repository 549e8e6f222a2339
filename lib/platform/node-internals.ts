import type { ChildProcess } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { writeSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import tls from 'node:tls'
import type { FastifyInstance } from 'fastify'
import { NodeUnsupportedError } from '../errors.js'
import { systemError } from './system-error.js'

// The private parts of Node and Fastify that the project uses: what each is, and why it holds. Four
// stand elsewhere: Node's own messages in protocol.ts, cluster.settings in primary/fork.ts, pino's stream in
// app-logger.ts and stream-guard.ts. npm run test:matrix runs all of it on every Node version in the README.

/** What libuv's TCP and Pipe have in common, as far as it is used here. Numbers below 0 are libuv errors. */
export interface RawHandle {
  readonly fd: number
  listen (backlog: number): number
  open (fd: number): number
  close (done?: () => void): void
  /** TCP only: as close(), by RST. */
  reset? (done?: () => void): number
  /** TCP only. */
  getsockname? (out: Partial<SocketName>): number
  /** TCP only. */
  getpeername? (out: Partial<SocketName>): number
  /** Pipe only. */
  fchmod? (mode: number): number
  onconnection: ((status: number, client: RawHandle) => void) | null
  ref (): void
  unref (): void
}

export interface SocketName { address: string, family: string, port: number }

/** What net.Server needs of `_handle`. */
export interface ServerHandle {
  listen (backlog: number): number
  close (done?: () => void): void
  ref (): void
  unref (): void
  getsockname? (out: Partial<SocketName>): number
  onconnection: ((status: number, client: RawHandle) => void) | null
}

interface PrivateServer {
  _handle: ServerHandle | null
  _connections: number
  _listeningId: number
  _pipeName?: string
  _listen2 (address: string, port: number, addressType: number, backlog: number, fd?: number): void
}

interface PrivateNet {
  _createServerHandle (address: string | null, port?: number | null, addressType?: number | null, fd?: number, flags?: number): RawHandle | number
}

const privateNet = net as unknown as PrivateNet
const seen = (server: net.Server): PrivateServer => server as unknown as PrivateServer

/** UV_TCP_IPV6ONLY and UV_TCP_REUSEPORT (since 1.49) of libuv's uv.h: part of its ABI. */
const IPV6_ONLY = 1
const REUSE_PORT = 2

/** @throws SHARED_PORT_ERR_NODE_UNSUPPORTED that names what this Node lacks */
export function assertNodeSupported (): void {
  const server = seen(net.createServer())
  const lacking = [
    [typeof privateNet._createServerHandle === 'function', 'net._createServerHandle'],
    [typeof server._listen2 === 'function', 'server._listen2'],
    [typeof server._connections === 'number', 'server._connections'],
    [typeof server._listeningId === 'number', 'server._listeningId'],
    [server._handle === null, 'server._handle']
  ].find(([there]) => !there)
  if (lacking !== undefined) throw new NodeUnsupportedError(process.version, lacking[1] as string)
}

/**
 * A bound handle that nobody polls yet, or libuv's error number. `net` itself binds by this function,
 * and node:cluster's shared handles are made by it in the primary.
 */
export function bindTcp (address: string, port: number, { ipv6Only = false, reusePort = false } = {}): RawHandle | number {
  const flags = (ipv6Only ? IPV6_ONLY : 0) | (reusePort ? REUSE_PORT : 0)
  return privateNet._createServerHandle(address, port, net.isIPv6(address) ? 6 : 4, undefined, flags)
}

/** As {@link bindTcp}, for a Unix socket. The file goes when the handle is closed. */
export function bindPath (path: string): RawHandle | number {
  return privateNet._createServerHandle(path, -1, -1)
}

/** As {@link bindTcp}, for an inherited descriptor, which belongs to the handle from here on. */
export function openDescriptor (fd: number): RawHandle | number {
  return privateNet._createServerHandle(null, null, null, fd)
}

/**
 * A function that makes a handle for a descriptor of a connection, which belongs to it from there on;
 * null where libuv will not have it. Node has no public way to libuv's TCP and Pipe: their
 * constructors are those of any handle of that kind, which are made here, while there is room.
 */
export function adopter (): (fd: number, isPipe: boolean) => RawHandle | null {
  const ipv4 = bindTcp('127.0.0.1', 0)
  const Tcp = constructorOf(typeof ipv4 === 'number' ? bindTcp('::1', 0) : ipv4)
  const Pipe = constructorOf(bindPath(`\0shared-fastify-${randomUUID()}`)) // an abstract name: there is no file
  return (fd, isPipe) => {
    const handle = new (isPipe ? Pipe : Tcp)(SOCKET)
    if (handle.open(fd) === 0) return handle
    handle.close()
    return null
  }
}

/**
 * A socket on a handle of a connection, which belongs to it from here on. The option `handle` is
 * how net.Server itself makes the socket of a connection that it has accepted (`onconnection` in
 * Node's lib/net.js); the public `fd` would put a second handle on a descriptor that has one.
 */
export function socketOn (handle: RawHandle, options: net.SocketConstructorOpts): net.Socket {
  return new net.Socket({ handle, ...options } as net.SocketConstructorOpts)
}

type HandleConstructor = new (type: number) => RawHandle

/** TCPConstants.SOCKET and PipeConstants.SOCKET of Node's tcp_wrap and pipe_wrap: a connection, no server. */
const SOCKET = 0

function constructorOf (sample: RawHandle | number): HandleConstructor {
  if (typeof sample === 'number') throw systemError(sample, 'bind')
  sample.close()
  return sample.constructor as HandleConstructor
}

/**
 * Makes the server listen on a handle of ours, by what `server.listen({ fd })` does once it has a
 * handle: Node sets `handle.onconnection` and emits 'listening' in the next tick. Calling
 * `handle.onconnection(0, client)` from then on is an accept like any other.
 */
export function listenOn (server: net.Server, handle: ServerHandle, name: SocketName | string, backlog = 0): void {
  const hidden = seen(server)
  hidden._handle = handle
  if (typeof name === 'string') {
    hidden._pipeName = name // what server.address() answers for a Unix socket
    hidden._listen2(name, -1, -1, backlog)
  } else {
    hidden._listen2(name.address, name.port, name.family === 'IPv6' ? 6 : 4, backlog)
  }
}

/** A new number for a call of listen(): it is out of date as soon as close() or listen() is called again. */
export function nextListening (server: net.Server): number {
  return ++seen(server)._listeningId
}

export function isListening (server: net.Server, id: number): boolean {
  return seen(server)._listeningId === id
}

/** `server.getConnections()` without the callback: what Node compares with `maxConnections`. */
export function openConnections (server: net.Server): number {
  return seen(server)._connections
}

/**
 * Whether an accept in this moment would make Node drop the connection. 0 means no limit until Node
 * 22 and none allowed after; see `onconnection` in Node's lib/net.js.
 */
export function isFull (server: net.Server, more: number): boolean {
  const most = server.maxConnections as number | undefined
  if (most === undefined || most === null || Number.isNaN(most)) return false
  if (most === 0 && ZERO_IS_NO_LIMIT) return false
  return openConnections(server) + more >= most
}

const ZERO_IS_NO_LIMIT = Number(process.versions.node.split('.')[0]) < 22

/**
 * The accepted socket below a TLS socket, where Node tells. Only the drain asks, to see bytes that
 * are not a whole TLS record yet; without an answer it looks at the decrypted ones.
 */
export function rawSocket (socket: tls.TLSSocket): net.Socket | undefined {
  return (socket as unknown as { _handle: { _parentWrap?: net.Socket } | null })._handle?._parentWrap
}

/** Whether the app gave the server ticket keys as an option: Node keeps them where setSecureContext() looks again. */
export function hasGivenTicketKeys (server: tls.Server): boolean {
  return (server as tls.Server & { ticketKeys?: Buffer }).ticketKeys !== undefined
}

/**
 * Seals the server's new session tickets with `current`, and accepts those of `former` too, where this
 * Node can: for a second key it has no public way. The one taken here is in Node for a test of its own
 * (test/parallel/test-https-resume-after-renew.js), and the same from 20 to 26. Where a part of it is
 * missing, tickets of the former key cost a full handshake.
 *
 * It holds for the context that the server has now: setSecureContext() makes a new one.
 */
export function setTicketKeys (server: tls.Server, current: Buffer, former?: Buffer): void {
  server.setTicketKeys(current)
  const context = askingContext(server)
  if (context === undefined || former === undefined) return
  context.onticketkeycallback = createOnTicket(current, former) // first, since without it handshakes fail
  context.enableTicketKeyCallback()
}

/**
 * Node's wrap of OpenSSL's SSL_CTX, as far as it is used here. A server has one, which all its tickets
 * are of: of a further one, for a name that SNI tells, Node takes no more than the certificate (UseSNIContext
 * in its src/crypto/crypto_common.cc).
 */
interface SecureContext {
  getTicketKeys (): Buffer
  enableTicketKeyCallback (): void
  onticketkeycallback?: OnTicket
}

/** The server's context, where this Node has all that a second key takes. */
function askingContext (server: tls.Server): SecureContext | undefined {
  const context = (server as tls.Server & { _sharedCreds?: { context?: SecureContext } })._sharedCreds?.context
  return typeof context?.enableTicketKeyCallback === 'function' && typeof context.getTicketKeys === 'function' && Object.isExtensible(context) ? context : undefined
}

/**
 * Called for each ticket that is to be sealed or opened (TicketKeyCallback in Node's src/crypto/crypto_context.cc).
 * Node reads both keys in any case, and aborts the process where one of them is no buffer.
 */
type OnTicket = (this: SecureContext, name: Buffer, iv: Buffer, seals: boolean) => TicketAnswer
type TicketAnswer = [verdict: number, hmac: Buffer, aes: Buffer, name?: Buffer, iv?: Buffer]

/** Verdicts, in the words of OpenSSL's SSL_CTX_set_tlsext_ticket_key_cb(3). RENEW: the ticket is good, and the client gets a new one. */
const UNKNOWN = 0
const GOOD = 1
const RENEW = 2

/**
 * Does what Node does without it (TicketCompatibilityCallback in the same file): it goes by the keys
 * that the context has at the time. The former ones count for as long as those are `current`: not when
 * the app has set its own since.
 */
function createOnTicket (current: Buffer, former: Buffer): OnTicket {
  const old = partsOf(former)
  return function (name, _iv, seals) {
    const keys = this.getTicketKeys()
    const own = partsOf(keys)
    if (seals) return [GOOD, own.hmac, own.aes, own.name, randomBytes(TICKET_KEY_PART)]
    if (name.equals(own.name)) return [GOOD, own.hmac, own.aes]
    if (name.equals(old.name) && keys.equals(current)) return [RENEW, old.hmac, old.aes]
    return [UNKNOWN, own.hmac, own.aes]
  }
}

/** Bytes of each of the three parts of what `setTicketKeys()` takes. */
const TICKET_KEY_PART = 16

function partsOf (keys: Buffer): { name: Buffer, hmac: Buffer, aes: Buffer } {
  const [name, hmac, aes] = [0, 1, 2].map(place => keys.subarray(place * TICKET_KEY_PART, (place + 1) * TICKET_KEY_PART)) as [Buffer, Buffer, Buffer]
  return { name, hmac, aes }
}

/**
 * Whether writes to stdout or stderr wait until there is room, or fail with EAGAIN: O_NONBLOCK, which belongs to
 * the pipe or socket, and so to all processes that have it. Node sets it when `process.stdout` is
 * looked at, and takes it away when a process is started that inherits it (uv__process_child_init in libuv's
 * src/unix/process.c): as stderr too, where both are the same.
 */
export function setBlocking (stream: NodeJS.WriteStream, blocking: boolean): void {
  (stream as unknown as { _handle?: { setBlocking? (blocking: boolean): number } })._handle?.setBlocking?.(blocking)
}

/** Whether the HTTP server has let go of the socket after an upgrade: it takes the parser away then. */
export function isUpgraded (socket: net.Socket): boolean {
  return (socket as net.Socket & { parser?: unknown }).parser === null
}

/** Which protocol a server speaks: HTTP/2 servers have no public class to ask for. */
export function speaks (server: net.Server): 'http1' | 'h2c' | 'h2' {
  if (server instanceof http.Server) return 'http1'
  if (!(server instanceof tls.Server)) return 'h2c'
  return server instanceof https.Server ? 'http1' : 'h2'
}

/**
 * Writes a frame on the socket of an HTTP/2 session without TLS, beside the session. False: it cannot be written now.
 *
 * The session itself writes whole frames (Http2Session::SendPendingData in Node's src/node_http2.cc). So while libuv has nothing
 * queued for the socket, the byte stream is between two frames; and once anything is written, the server's SETTINGS are,
 * which have to come first.
 *
 * This is a write(2) past libuv. A write by the socket that does not end at once is reported to the session, which takes it for
 * one of its own and aborts the process (CHECK(is_write_in_progress()) in Http2Session::OnStreamAfterWrite). A TLS
 * socket never ends one at once: with TLS there is no way to write beside the session.
 */
export function writeFrame (socket: net.Socket, frame: Buffer): boolean {
  const handle = (socket as unknown as { _handle: { fd?: number, writeQueueSize?: number } | null })._handle
  if (handle?.writeQueueSize !== 0 || handle.fd === undefined || handle.fd < 0 || socket.bytesWritten === 0) return false
  try {
    // The kernel takes a few bytes whole or not at all, almost always. Half a frame would garble what follows.
    if (writeSync(handle.fd, frame) < frame.length) socket.destroy()
    return true
  } catch {
    return false // EAGAIN: there is no room. Any other error the session meets too.
  }
}

/**
 * The instance that Fastify() returned, whose own listen() and close() are: every context inherits
 * from it, since Fastify makes them by Object.create() (its lib/plugin-override.js).
 */
export function rootOf (fastify: FastifyInstance): FastifyInstance {
  const above = Object.getPrototypeOf(fastify) as FastifyInstance
  return 'listen' in above ? rootOf(above) : fastify
}

/**
 * Lets `fastify.addresses()` answer the other family of `localhost` too, which in a single process
 * is a second server of Fastify's own. Nothing but `addresses()` reads the list.
 */
export function addBinding (fastify: FastifyInstance, name: SocketName): void {
  const root = rootOf(fastify)
  const bindings = hidden(root, 'fastify.serverBindings') as Array<{ address (): SocketName | null }> | undefined
  bindings?.push({ address: () => root.server.listening ? name : null })
}

/** A function of the app's that Fastify calls before it closes, with the context that it belongs to as `this`. */
export interface PreCloseHook { context: FastifyInstance, run: (done: (err?: Error) => void) => unknown }

/**
 * The instance that Fastify() returned, and the contexts of all its plugins, in the order in which Fastify
 * itself walks through them (hookRunnerApplication in its lib/hooks.js). Fastify tells of contexts by
 * 'onRegister' too, but not of those that were made before somebody listens.
 */
export function contextsOf (root: FastifyInstance): FastifyInstance[] {
  const children = (hidden(root, 'fastify.children') ?? []) as FastifyInstance[]
  return [root, ...children.flatMap(contextsOf)]
}

/**
 * Takes the preClose hooks out of the app, in the order in which Fastify would run them: whoever takes them
 * runs them, and `fastify.close()` finds none. Their lists are read here, and not kept from calls of addHook():
 * hooks may be older than this project's first line, where an app makes its instance before it loads the plugin.
 * No hook can be added once Fastify is ready. Undefined where this Fastify keeps them elsewhere.
 */
export function takePreCloseHooks (root: FastifyInstance): PreCloseHook[] | undefined {
  const lists = contextsOf(root).map(context => ({
    context,
    hooks: (hidden(context, 'fastify.hooks') as { preClose?: Array<PreCloseHook['run']> } | undefined)?.preClose
  }))
  if (!lists.every(({ hooks }) => Array.isArray(hooks))) return undefined // before any is taken: it would be lost
  return lists.flatMap(({ context, hooks = [] }) => hooks.splice(0).map(run => ({ context, run })))
}

/** What Fastify keeps under a symbol of its own. */
function hidden (context: FastifyInstance, description: string): unknown {
  const key = Object.getOwnPropertySymbols(context).find(symbol => symbol.description === description)
  return key === undefined ? undefined : Reflect.get(context, key)
}

/**
 * The sockets of a server of HTTP/1 on which not even the beginning of a request lies, as the server's parsers
 * know it: by this list closeIdleConnections() goes (lib/_http_server.js). Undefined where this Node keeps
 * none: then nobody can say which they are.
 */
export function socketsBetweenRequests (server: net.Server): Set<net.Socket> | undefined {
  const key = Object.getOwnPropertySymbols(server).find(({ description }) => description === 'http.server.connections')
  if (key === undefined) return undefined
  const list = Reflect.get(server, key) as { idle? (): Array<{ socket: net.Socket }> }
  return typeof list.idle === 'function' ? new Set(list.idle().map(({ socket }) => socket)) : undefined
}

/**
 * Calls the server's close(), where a plugin has put one of its own in its place, without what Node's does to
 * idle connections: it closes them, and with them requests that are on their way. Fastify calls it again later,
 * as it may.
 */
export function callReplacedClose (server: http.Server): () => void {
  if (!Object.hasOwn(server, 'close')) return () => {}
  server.closeIdleConnections = () => {} // Node's close() calls it on the server itself
  server.close()
  return () => { Reflect.deleteProperty(server, 'closeIdleConnections') }
}

/** Node's end of the IPC channel to a child process, as far as it is used here. */
interface IpcPipe {
  /** What Node has put there reads messages, and closes the channel at its end. */
  onread (this: IpcPipe, piece?: ArrayBuffer): void
  /** The descriptor that came with a piece. */
  pendingHandle: RawHandle | null
  /** Whether a message has come in part: then Node lets the rest come before it closes the channel. */
  buffering?: boolean
  readonly bytesRead: number
  readonly writeQueueSize: number
}

export interface ChannelReader {
  /** Takes what has come; returns whether the last message in it is incomplete. */
  read (bytes: Buffer, handle: RawHandle | undefined): boolean
  /** Nothing more comes. */
  ended (): void
}

export interface ChildChannel {
  /** How many bytes wait to be written to the child. */
  unsent (): number
  /**
   * The child is dead: disconnect() then closes the channel at once. Otherwise Node lets the rest of a message come (`buffering`)
   * and an answer for the last handle (`_handleQueue`, of Node 20 to 26), which never do where something else holds the child's end open.
   */
  abandon (): void
}

/**
 * Lets `reader` read what a child process writes to its IPC channel, instead of Node, which throws at what is no
 * JSON (`channel.onread` in setupChannel of Node's lib/internal/child_process.js): as an exception of this process,
 * since no listener has been called yet. Node assigns `onread` and `pendingHandle` there from 20 to 26, and its
 * native code looks `onread` up at each read. A piece may be larger than what was read (26): `bytesRead`, which
 * net.Socket shows as its own, counts exactly.
 * @throws SHARED_PORT_ERR_NODE_UNSUPPORTED where a part of it is missing
 */
export function readChannel (child: ChildProcess, reader: ChannelReader): ChildChannel {
  const symbol = Object.getOwnPropertySymbols(child).find(({ description }) => description === 'kChannelHandle')
  const pipe = symbol === undefined ? undefined : Reflect.get(child, symbol) as IpcPipe | null | undefined
  if (pipe == null || typeof pipe.onread !== 'function' || typeof pipe.bytesRead !== 'number' || typeof pipe.writeQueueSize !== 'number' || !('pendingHandle' in pipe)) {
    throw new NodeUnsupportedError(process.version, 'the handle of a child\'s IPC channel')
  }
  const { onread } = pipe
  let before = pipe.bytesRead
  pipe.onread = piece => {
    if (piece === undefined) {
      reader.ended()
      return onread.call(pipe)
    }
    const handle = pipe.pendingHandle ?? undefined
    pipe.pendingHandle = null
    const length = pipe.bytesRead - before
    before = pipe.bytesRead
    pipe.buffering = reader.read(Buffer.from(piece, 0, length), handle)
  }
  return {
    unsent: () => pipe.writeQueueSize,
    abandon: () => {
      pipe.buffering = false
      Reflect.set(child, '_handleQueue', null)
    }
  }
}
