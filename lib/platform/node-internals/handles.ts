import { randomUUID } from 'node:crypto'
import net from 'node:net'
import { systemError } from '../system-error.js'

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

interface PrivateNet {
  _createServerHandle (address: string | null, port?: number | null, addressType?: number | null, fd?: number, flags?: number): RawHandle | number
}

const privateNet = net as unknown as PrivateNet

/** UV_TCP_IPV6ONLY and UV_TCP_REUSEPORT (since 1.49) in libuv's uv.h. They are part of its ABI. */
const IPV6_ONLY = 1
const REUSE_PORT = 2

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
