import type { ChildProcess } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { writeSync } from 'node:fs'
import { constants } from 'node:os'
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import tls from 'node:tls'
import { NodeUnsupportedError } from '../errors.js'
import { systemError } from './system-error.js'

// The private parts of Node that the project uses, with the reason why each can be relied on. Those of Fastify
// are in fastify/fastify-internals.ts, and those of pino's stream in fastify/app-logger.ts and
// fastify/stream-guard.ts. A few of Node's are elsewhere: its own messages on the IPC channel in protocol.ts,
// primary/workers/fork.ts and primary/workers/fork/; cluster.settings in primary/workers/fork.ts; the channel's
// descriptor in platform/handed-over.ts. npm run test:matrix tests all of them on every Node version that the
// README lists.

/** The methods of libuv's TCP and Pipe handles that are used here. Negative numbers are libuv errors. */
export interface RawHandle {
  readonly fd: number
  listen (backlog: number): number
  open (fd: number): number
  close (done?: () => void): void
  /** TCP only. Closes like close(), but sends RST. */
  reset? (done?: () => void): number
  /** TCP only. */
  getsockname? (out: Partial<SocketName>): number
  /** TCP only. */
  getpeername? (out: Partial<SocketName>): number
  /** Pipe only. */
  fchmod? (mode: number): number
  onconnection: ((status: number, client: RawHandle) => void) | null
  /** Connections only, as is the next. */
  readStart? (): number
  readStop? (): number
  ref (): void
  unref (): void
}

export interface SocketName { address: string, family: string, port: number }

/** The methods of `_handle` that net.Server needs. */
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

/** UV_TCP_IPV6ONLY and UV_TCP_REUSEPORT (since 1.49) in libuv's uv.h. They are part of its ABI. */
const IPV6_ONLY = 1
const REUSE_PORT = 2

/** @throws SHARED_PORT_ERR_NODE_UNSUPPORTED, which names the part that this Node version lacks */
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
 * Returns a bound handle that is not listening yet, or a libuv error number. `net` binds with this function,
 * and so does the primary of node:cluster for its shared handles.
 */
export function bindTcp (address: string, port: number, { ipv6Only = false, reusePort = false } = {}): RawHandle | number {
  const flags = (ipv6Only ? IPV6_ONLY : 0) | (reusePort ? REUSE_PORT : 0)
  return privateNet._createServerHandle(address, port, net.isIPv6(address) ? 6 : 4, undefined, flags)
}

/** Like {@link bindTcp}, for a Unix socket. Closing the handle removes the socket file. */
export function bindPath (path: string): RawHandle | number {
  return privateNet._createServerHandle(path, -1, -1)
}

/** Like {@link bindTcp}, for an inherited descriptor. The handle owns the descriptor from here on. */
export function openDescriptor (fd: number): RawHandle | number {
  return privateNet._createServerHandle(null, null, null, fd)
}

/**
 * Returns a function that makes a handle for the descriptor of a connection. The handle then owns the
 * descriptor. The function returns null if libuv rejects the descriptor.
 *
 * Node has no public access to the constructors of libuv's TCP and Pipe handles. They are taken from sample
 * handles, which are made here, while descriptors are available.
 */
export function adopter (): (fd: number, isPipe: boolean) => RawHandle | null {
  const ipv4 = bindTcp('127.0.0.1', 0)
  const Tcp = constructorOf(typeof ipv4 === 'number' ? bindTcp('::1', 0) : ipv4)
  const Pipe = constructorOf(bindPath(`\0shared-fastify-${randomUUID()}`)) // an abstract name, which leaves no file
  return (fd, isPipe) => {
    const handle = new (isPipe ? Pipe : Tcp)(SOCKET)
    if (handle.open(fd) === 0) return handle
    handle.close()
    return null
  }
}

/**
 * Makes a socket for the handle of a connection, and the socket owns the handle from here on. net.Server
 * passes the same option, `handle`, when it makes the socket of an accepted connection (`onconnection` in
 * Node's lib/net.js). The public option `fd` would put a second handle on a descriptor that already has one.
 */
export function socketOn (handle: RawHandle, options: net.SocketConstructorOpts): net.Socket {
  return new net.Socket({ handle, ...options } as net.SocketConstructorOpts)
}

/**
 * Reads the next piece that arrives on the handle of a connection, and nothing beyond it: libuv calls back
 * for each piece, and stops when it is told to in that call. `done` gets undefined if the connection has
 * ended. The handle stays the caller's. Returns a function that ends the reading.
 */
export function readOnce (handle: RawHandle, done: (piece: Buffer | undefined) => void): () => void {
  const socket = socketOn(handle, { allowHalfOpen: true })
  const release = (): void => {
    handle.readStop?.()
    socket.removeAllListeners('end');
    (socket as unknown as { _handle: RawHandle | null })._handle = null // or the socket's end would close it
    socket.on('error', () => {})
    socket.destroy()
  }
  const end = (piece: Buffer | undefined): void => {
    if (ended) return
    ended = true
    release()
    done(piece)
  }
  let ended = false
  socket.once('data', end).once('end', () => { end(undefined) }).once('error', () => { end(undefined) })
  return () => {
    ended = true
    release()
  }
}

type HandleConstructor = new (type: number) => RawHandle

/** TCPConstants.SOCKET and PipeConstants.SOCKET of Node's tcp_wrap and pipe_wrap: a connection, not a server. */
const SOCKET = 0

function constructorOf (sample: RawHandle | number): HandleConstructor {
  if (typeof sample === 'number') throw systemError(sample, 'bind')
  sample.close()
  return sample.constructor as HandleConstructor
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

/**
 * The accepted socket below a TLS socket, if this Node exposes it. Only the drain uses it, to notice bytes
 * that are not a complete TLS record yet. Without it, the drain looks at the decrypted bytes.
 */
export function rawSocket (socket: tls.TLSSocket): net.Socket | undefined {
  return (socket as unknown as { _handle: { _parentWrap?: net.Socket } | null })._handle?._parentWrap
}

/**
 * Whether the app passed ticket keys as an option. Node keeps them on the server, where setSecureContext()
 * reads them again.
 */
export function hasGivenTicketKeys (server: tls.Server): boolean {
  return (server as tls.Server & { ticketKeys?: Buffer }).ticketKeys !== undefined
}

/**
 * Encrypts new session tickets with the key `current`, and still accepts tickets of the key `former` if this
 * Node supports that. Node has no public way to set a second key. The one used here exists in Node for one
 * of its own tests (test/parallel/test-https-resume-after-renew.js), and is the same in Node 20 to 26. If a
 * part of it is missing, clients with a ticket of the former key make a full handshake.
 *
 * This applies to the server's current context only: setSecureContext() makes a new one.
 */
export function setTicketKeys (server: tls.Server, current: Buffer, former?: Buffer): void {
  server.setTicketKeys(current)
  const context = askingContext(server)
  if (context === undefined || former === undefined) return
  context.onticketkeycallback = createOnTicket(current, former) // first, because handshakes fail without it
  context.enableTicketKeyCallback()
}

/**
 * Node's wrapper of OpenSSL's SSL_CTX, as far as it is used here. A server issues all its tickets from one
 * context: from the additional contexts of SNI names, Node uses only the certificate (UseSNIContext in its
 * src/crypto/crypto_common.cc).
 */
interface SecureContext {
  getTicketKeys (): Buffer
  enableTicketKeyCallback (): void
  onticketkeycallback?: OnTicket
}

/** The server's context, if this Node has all the parts that a second key needs. */
function askingContext (server: tls.Server): SecureContext | undefined {
  const context = (server as tls.Server & { _sharedCreds?: { context?: SecureContext } })._sharedCreds?.context
  return typeof context?.enableTicketKeyCallback === 'function' && typeof context.getTicketKeys === 'function' && Object.isExtensible(context) ? context : undefined
}

/**
 * Called for each ticket that is encrypted or decrypted (TicketKeyCallback in Node's
 * src/crypto/crypto_context.cc). Node reads both keys in every case, and aborts the process if one of them
 * is not a buffer.
 */
type OnTicket = (this: SecureContext, name: Buffer, iv: Buffer, seals: boolean) => TicketAnswer
type TicketAnswer = [verdict: number, hmac: Buffer, aes: Buffer, name?: Buffer, iv?: Buffer]

/**
 * The return values of OpenSSL's SSL_CTX_set_tlsext_ticket_key_cb(3). RENEW: the ticket is valid, and the
 * client gets a new one.
 */
const UNKNOWN = 0
const GOOD = 1
const RENEW = 2

/**
 * Does what Node does without a callback (TicketCompatibilityCallback in the same file): it uses the keys
 * that the context has at the time. The former key is accepted only while the context's key is still
 * `current`, not after the app has set a key of its own.
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

/** The length in bytes of each of the three parts of the key that `setTicketKeys()` takes. */
const TICKET_KEY_PART = 16

function partsOf (keys: Buffer): { name: Buffer, hmac: Buffer, aes: Buffer } {
  const [name, hmac, aes] = [0, 1, 2].map(place => keys.subarray(place * TICKET_KEY_PART, (place + 1) * TICKET_KEY_PART)) as [Buffer, Buffer, Buffer]
  return { name, hmac, aes }
}

/**
 * Sets whether writes to stdout or stderr wait for room, or fail with EAGAIN (O_NONBLOCK). The flag belongs
 * to the pipe or socket, and so to all processes that share it. Node sets it when `process.stdout` is first
 * read, and clears it when it starts a process that inherits the pipe (uv__process_child_init in libuv's
 * src/unix/process.c), even if only as stderr.
 */
export function setBlocking (stream: NodeJS.WriteStream, blocking: boolean): void {
  (stream as unknown as { _handle?: { setBlocking? (blocking: boolean): number } })._handle?.setBlocking?.(blocking)
}

/** Whether the HTTP server has released the socket after an upgrade. It removes the parser at that point. */
export function isUpgraded (socket: net.Socket): boolean {
  return (socket as net.Socket & { parser?: unknown }).parser === null
}

/** The handle of a connection, as far as it is used to return it. */
export interface ConnectionHandle extends RawHandle {
  readonly writeQueueSize: number
  readStart (): number
  readStop (): number
}

/**
 * The handle of a connection, if everything that was written to it has reached the kernel, and everything
 * that was read from it has reached the parser. Undefined also if the connection is ending.
 */
export function settledHandle (socket: net.Socket): ConnectionHandle | undefined {
  const handle = (socket as unknown as { _handle?: Partial<ConnectionHandle> | null })._handle
  if (socket.destroyed || !socket.readable || !socket.writable || socket.writableLength > 0 || socket.readableLength > 0) return undefined
  return handle?.writeQueueSize === 0 && typeof handle.readStop === 'function' ? handle as ConnectionHandle : undefined
}

/**
 * Whether the socket has a response that is not finished. Node sets this field when a response begins, and
 * clears it when it has ended (assignSocket and detachSocket in its lib/_http_server.js). So it also
 * shows responses to requests that no listener of ours has seen: engine.io hides its own from other listeners.
 */
export function isAnswering (socket: net.Socket): boolean {
  return (socket as net.Socket & { _httpMessage?: unknown })._httpMessage != null
}

/**
 * Calls `used` before Node does anything with a connection's handle. Node calls these methods on the handle
 * (lib/net.js, lib/internal/stream_base_commons.js), so properties of the object come first. If `used`
 * returns false, the connection belongs to another process: nothing is read, written or shut down, and
 * closing closes this process's copy only.
 */
export function beforeUse (handle: ConnectionHandle, used: () => boolean): void {
  for (const name of USES) {
    const use = Reflect.get(handle, name) as ((...args: unknown[]) => number) | undefined
    if (use === undefined) continue
    Reflect.set(handle, name, (...args: unknown[]) => used() || name === 'close' ? use.apply(handle, args) : NOT_OURS)
  }
}

/** The methods of a connection's handle by which Node reads, writes, shuts down or closes. */
const USES = ['readStart', 'shutdown', 'writev', 'writeBuffer', 'writeUtf8String', 'writeAsciiString', 'writeLatin1String', 'writeUcs2String', 'reset', 'close']

/** The libuv error for using a connection that belongs to another process. */
const NOT_OURS = -constants.errno.ENOTCONN

/**
 * Lets `remoteAddress` and its like be read after the socket is closed, when there is no handle to ask any
 * more: Node keeps what it has been asked for once (_getpeername in its lib/net.js).
 */
export function keepAddress (socket: net.Socket): string | undefined {
  return socket.remoteAddress
}

/**
 * Calls `begun` whenever the first byte of a message has reached the parser of an HTTP/1 connection. Node's
 * parser looks this callback up at each message (on_message_begin in its src/node_http_parser.cc); Node
 * itself does not set it, and clears it when the parser is used for another connection (cleanParser in its
 * lib/_http_common.js). Returns false if this Node has no such callback.
 */
export function onMessageBegin (socket: net.Socket, begun: () => void): boolean {
  const { parser } = socket as net.Socket & { parser?: { constructor: { kOnMessageBegin?: number } } | null }
  const place = parser?.constructor.kOnMessageBegin
  return parser != null && typeof place === 'number' && Reflect.set(parser, place, begun)
}

/** The protocol that a server speaks. HTTP/2 servers have no public class to test for. */
export function speaks (server: net.Server): 'http1' | 'h2c' | 'h2' {
  if (server instanceof http.Server) return 'http1'
  if (!(server instanceof tls.Server)) return 'h2c'
  return server instanceof https.Server ? 'http1' : 'h2'
}

/**
 * Writes a frame to the socket of an HTTP/2 session without TLS, bypassing the session. Returns false if the
 * frame cannot be written now.
 *
 * The session itself writes whole frames only (Http2Session::SendPendingData in Node's src/node_http2.cc).
 * So while libuv has nothing queued for the socket, the byte stream is between two frames. Once anything has
 * been written, so have the server's SETTINGS, which must come first.
 *
 * This calls write(2) directly, past libuv. If the socket wrote the frame and the write did not complete at
 * once, its completion would be reported to the session, which would take it for one of its own and abort
 * the process (CHECK(is_write_in_progress()) in Http2Session::OnStreamAfterWrite). A write on a TLS socket
 * never completes at once, so with TLS there is no way to bypass the session.
 */
export function writeFrame (socket: net.Socket, frame: Buffer): boolean {
  const handle = (socket as unknown as { _handle: { fd?: number, writeQueueSize?: number } | null })._handle
  if (handle?.writeQueueSize !== 0 || handle.fd === undefined || handle.fd < 0 || socket.bytesWritten === 0) return false
  try {
    // The kernel almost always takes a few bytes whole or not at all. A partial frame would corrupt the stream.
    if (writeSync(handle.fd, frame) < frame.length) socket.destroy()
    return true
  } catch {
    return false // EAGAIN: there is no room. The session will meet any other error itself.
  }
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

/** Node's end of the IPC channel to a child process, as far as it is used here. */
interface IpcPipe {
  /** Node's function here reads messages, and closes the channel when it ends. */
  onread (this: IpcPipe, piece?: ArrayBuffer): void
  /** The handle that arrived with the data. */
  pendingHandle: RawHandle | null
  /** Whether a message has arrived in part. If so, Node waits for the rest before it closes the channel. */
  buffering?: boolean
  readonly bytesRead: number
  readonly writeQueueSize: number
}

export interface ChannelReader {
  /** Takes the bytes that have arrived. Returns whether the last message in them is incomplete. */
  read (bytes: Buffer, handle: RawHandle | undefined): boolean
  /** The channel has ended. */
  ended (): void
}

export interface ChildChannel {
  /** The number of bytes that wait to be written to the child. */
  unsent (): number
  /**
   * Lets disconnect() close the channel at once, because the child is dead. Otherwise Node waits for the
   * rest of a message (`buffering`) and for the acknowledgement of the last handle (`_handleQueue`, Node 20
   * to 26), which never arrive if another process holds the child's end open.
   */
  abandon (): void
}

/**
 * Makes `reader` read the data that a child process writes to its IPC channel, in place of Node. Node throws
 * at a line that is not JSON (`channel.onread` in setupChannel of its lib/internal/child_process.js), and
 * the exception is uncaught in this process, since no listener has been called yet. Node 20 to 26 assign
 * `onread` and `pendingHandle` there, and the native code looks `onread` up at each read. In Node 26 a
 * buffer may be larger than the data in it; the exact count is `bytesRead`, which net.Socket also exposes.
 * @throws SHARED_PORT_ERR_NODE_UNSUPPORTED if a part of this is missing
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
