import { writeSync } from 'node:fs'
import type net from 'node:net'
import { constants } from 'node:os'
import type tls from 'node:tls'
import type { RawHandle } from './handles.js'

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

/** Whether the HTTP server has released the socket after an upgrade. It removes the parser at that point. */
export function isUpgraded (socket: net.Socket): boolean {
  return (socket as net.Socket & { parser?: unknown }).parser === null
}

/**
 * Calls `used` before Node or the app does anything with a connection, until the returned function is called.
 * Node reads `socket._handle` for each of these methods (lib/net.js, lib/internal/stream_base_commons.js), so
 * that is another object meanwhile, which passes everything on. The handle itself does not change: with
 * methods of its own, or another prototype, each later use of it would be slower. If `used` returns false,
 * the connection belongs to another process: nothing is read, written or shut down, and closing closes this
 * process's copy only.
 */
export function guard (socket: net.Socket, handle: ConnectionHandle, used: () => boolean): () => void {
  const holder = socket as unknown as { _handle: ConnectionHandle | null }
  const guarding = new Proxy(handle, {
    get (target, name) {
      const value = Reflect.get(target, name) as unknown
      if (typeof value !== 'function') return value
      if (!USES.has(name)) return value.bind(target)
      return (...args: unknown[]) => used() || name === 'close' ? value.apply(target, args) : NOT_OURS
    },
    set: (target, name, value) => Reflect.set(target, name, value)
  })
  holder._handle = guarding
  return () => { if (holder._handle === guarding) holder._handle = handle }
}

/** The methods of a connection's handle by which Node reads, writes, shuts down or closes. */
const USES = new Set<string | symbol>(['readStart', 'shutdown', 'writev', 'writeBuffer', 'writeUtf8String', 'writeAsciiString', 'writeLatin1String', 'writeUcs2String', 'reset', 'close'])

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

/**
 * The accepted socket below a TLS socket, if this Node exposes it. Only the drain uses it, to notice bytes
 * that are not a complete TLS record yet. Without it, the drain looks at the decrypted bytes.
 */
export function rawSocket (socket: tls.TLSSocket): net.Socket | undefined {
  return (socket as unknown as { _handle: { _parentWrap?: net.Socket } | null })._handle?._parentWrap
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
