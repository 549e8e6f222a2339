import dns from 'node:dns/promises'
import { lchownSync, lstatSync } from 'node:fs'
import net from 'node:net'
import { FdInUseError, NotListeningFdError } from '../../errors.js'
import { BoundFile } from '../../platform/bound-file.js'
import { claim, pathOf } from '../../platform/handed-over.js'
import { bindPath, bindTcp, openDescriptor, type RawHandle, type SocketName } from '../../platform/node-internals.js'
import { type ListenTarget, placeOf } from '../../fastify/listen-target.js'
import { successorMark } from '../../platform/role.js'
import { assertFits } from '../../platform/socket-path.js'
import { NO_PORT, systemError } from '../../platform/system-error.js'
import type { Identity } from '../workers/identity.js'
import type { GivenSockets } from './given-sockets.js'

/** A bound handle, and the address that clients connect to. */
export interface Bound {
  handle: RawHandle
  name: SocketName | string
  /** What listen() was called with. */
  asked: string
  /** Whether it is a predecessor's, which listens already. */
  given?: boolean
  /** The length of the kernel's queue for it. */
  backlog: number
  /** The descriptor that it was made from, if it was inherited. */
  fd?: number
  /** The file of a Unix socket that this process is responsible for. */
  file?: BoundFile
}

type Named = Pick<Bound, 'handle' | 'name' | 'fd' | 'file'>

/** The owner and the mode of a socket file. Undefined fields are left to the system. */
export interface SocketFile extends Identity { mode?: number | undefined }

type TcpTarget = Pick<ListenTarget, 'port' | 'ipv6Only' | 'reusePort'>

/** The value with which lchown(2) changes nothing. */
const UNCHANGED = -1

/** UV_READABLE and UV_WRITABLE of libuv's uv.h, for uv_pipe_chmod. */
const UV_READABLE = 1
const UV_WRITABLE = 2

/** The name under which a descriptor is claimed. */
const OWNER = 'listen()'

/** With port 0, the number of attempts to find a port that is free in both address families of `localhost`. */
const PORT_TRIES = 10

/**
 * Binds the addresses that listen() was called with, or takes the sockets that a predecessor has for them.
 * If one fails, those before it are closed.
 * @throws Node's own error: EADDRINUSE, EACCES, EADDRNOTAVAIL, ENOTFOUND ...
 * @throws SHARED_PORT_ERR_FD
 */
export async function bind ({ others = [], ...first }: ListenTarget, socketFile: SocketFile = {}, former?: { given: GivenSockets, key: string }): Promise<Bound[]> {
  const bound: Bound[] = []
  try {
    for (const target of [first, ...others]) {
      const { backlog } = target
      const asked = placeOf(target)
      const taken = former?.given.take(asked, former.key) ?? []
      if (taken.length > 0) bound.push(...taken.map(named => ({ ...named, asked, backlog, given: true })))
      else bound.push(...(await bindOne(target, socketFile)).map(named => ({ ...named, asked, backlog })))
    }
    return bound
  } catch (err) {
    closeAll(bound)
    throw err
  }
}

/** Closes what is bound, and leaves nothing behind. A predecessor's socket file is the predecessor's. */
export function closeAll (bound: readonly Bound[]): void {
  for (const { handle, file, given } of bound) {
    handle.close()
    if (given !== true) file?.remove()
  }
}

/** One handle, or one for each address family of `localhost`. */
async function bindOne (target: ListenTarget, socketFile: SocketFile): Promise<Named[]> {
  if (target.fd !== undefined && successorMark !== undefined) throw new NotListeningFdError(target.fd) // its numbers are the predecessor's
  if (target.fd !== undefined) return [inherited(target.fd)]
  if (target.path !== undefined) return [await unix({ ...target, path: target.path }, socketFile)]
  if (target.host === 'localhost') return await localhost({ ...target, ipv6Only: false })
  if (target.host === undefined) return [anyAddress(target)]
  const { address } = await dns.lookup(target.host)
  return [tcp(address, target)]
}

function tcp (address: string, { port, ipv6Only, reusePort }: TcpTarget): Named {
  const handle = bindTcp(address, port, { ipv6Only, reusePort })
  if (typeof handle === 'number') throw systemError(handle, 'listen', { address, port })
  const name: Partial<SocketName> = {}
  // libuv delays the error EADDRINUSE until listen(), but getsockname() already returns it
  // (uv_tcp_getsockname's delayed_error).
  const status = handle.getsockname?.(name) ?? 0
  if (status < 0) {
    handle.close()
    throw systemError(status, 'listen', { address, port })
  }
  return { handle, name: name as SocketName }
}

/**
 * Without a host, binds all addresses of both families, or of IPv4 only if there is no IPv6. net.Server does
 * the same.
 */
function anyAddress (target: TcpTarget): Named {
  try {
    return tcp('::', target)
  } catch (err) {
    if (!isUnavailable(err as NodeJS.ErrnoException)) throw err
    return tcp('0.0.0.0', { ...target, ipv6Only: false })
  }
}

/**
 * Binds both address families on one port. If the second one fails, it is left out, as Fastify does; but
 * with port 0, another port that is free in both is tried.
 */
async function localhost (target: TcpTarget): Promise<Named[]> {
  const { port } = target
  const found = await dns.lookup('localhost', { all: true })
  const [first, ...others] = new Set(found.map(({ address }) => address))
  for (let tries = 1; ; tries++) {
    const bound = tcp(first as string, target)
    const { port: chosen } = bound.name as SocketName
    const more = others.flatMap(address => tcpUnlessTaken(address, { ...target, port: chosen }))
    if (more.length === others.length || port !== 0 || tries === PORT_TRIES) return [bound, ...more]
    for (const { handle } of [bound, ...more]) handle.close()
  }
}

function tcpUnlessTaken (address: string, target: TcpTarget): Named[] {
  try {
    return [tcp(address, target)]
  } catch {
    return []
  }
}

function inherited (fd: number): Named {
  const owner = claim(fd, OWNER)
  if (owner !== undefined && owner !== OWNER) throw new FdInUseError(fd, owner)
  const handle = openDescriptor(fd)
  if (typeof handle === 'number') throw new NotListeningFdError(fd, { cause: systemError(handle, 'open') })
  if (handle.getsockname === undefined) return { handle, name: pathOf(fd) ?? `fd:${fd}`, fd }
  const name: Partial<SocketName> = {}
  handle.getsockname(name)
  if (name.port !== 0) return { handle, name: name as SocketName, fd }
  handle.close() // it is not even bound, and listen(2) would choose a port for it
  throw new NotListeningFdError(fd)
}

/**
 * Binds a Unix socket. The file of a server that is no longer running is removed. If a server answers, it is
 * in use.
 */
async function unix ({ path, readableAll, writableAll }: ListenTarget & { path: string }, socketFile: SocketFile): Promise<Named> {
  assertFits(path)
  const replace = isSocket(path) && !await answers(path)
  const temporary = isAbstract(path) ? path : BoundFile.temporaryName(path)
  assertFits(temporary)
  const handle = withMode(socketFile.mode, () => bindPath(temporary))
  if (typeof handle === 'number') throw systemError(handle, 'listen', { address: path, port: NO_PORT })
  const mode = (readableAll ? UV_READABLE : 0) | (writableAll ? UV_WRITABLE : 0)
  const status = mode === 0 ? 0 : handle.fchmod?.(mode) ?? 0
  if (status < 0) {
    handle.close()
    throw systemError(status, 'chmod', { address: path, port: NO_PORT })
  }
  try {
    if (isAbstract(path)) return { handle, name: path }
    return { handle, name: path, file: BoundFile.place(temporary, path, { replace, own: name => { give(name, socketFile) } }) }
  } catch (err) {
    handle.close() // removes the temporary file
    throw err
  }
}

/**
 * Creates the file with the given mode. A chmod(2) afterwards, by name, could be tricked into changing
 * another file.
 */
function withMode<T> (mode: number | undefined, make: () => T): T {
  if (mode === undefined) return make()
  const mask = process.umask(0o777 & ~mode)
  try {
    return make()
  } finally {
    process.umask(mask)
  }
}

/**
 * Changes the owner. Nobody can connect yet, since the socket is not listening. Does not follow a link that
 * someone may have put there.
 */
function give (path: string, { uid, gid }: SocketFile): void {
  if (uid === undefined && gid === undefined) return
  lchownSync(path, uid ?? UNCHANGED, gid ?? UNCHANGED)
}

/** Linux's abstract names have no file. */
function isAbstract (path: string): boolean {
  return path.startsWith('\0')
}

function isUnavailable ({ code }: NodeJS.ErrnoException): boolean {
  return code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT' || code === 'EINVAL'
}

function isSocket (path: string): boolean {
  if (isAbstract(path)) return false
  return lstatSync(path, { throwIfNoEntry: false })?.isSocket() ?? false
}

/** Whether a server listens on this socket. True if that is uncertain. */
async function answers (path: string): Promise<boolean> {
  return await new Promise(resolve => {
    const socket = net.connect(path)
    socket.once('error', ({ code }: NodeJS.ErrnoException) => { resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT') })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}
