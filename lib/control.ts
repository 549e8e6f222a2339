import { once } from 'node:events'
import { symlinkSync, unlinkSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { dirname, resolve } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { Parts } from './admin/apps.js'
import { Room } from './admin/room.js'
import { controlFolders, makeFolder, socketOf } from './control/place.js'
import { isListening, removeSocket, sweep } from './control/stale.js'
import { ClosedError, ControlInUseError } from './errors.js'
import { BoundFile } from './platform/bound-file.js'
import { assertFits } from './platform/socket-path.js'
import { NO_PORT, systemError } from './platform/system-error.js'

/**
 * The Unix socket through which this user controls the primary, with HTTP and JSON. Most primaries are never
 * asked, so Fastify, which answers the requests, is loaded on the first connection only.
 */
export class ControlSocket {
  readonly #parts: Parts
  readonly #server: Server
  readonly #room = new Room()
  /** Files to remove at the end. */
  readonly #files: string[] = []
  /** The file of a configured path. */
  #placed: BoundFile | undefined
  #closed = false
  #app: Promise<FastifyInstance> | undefined

  constructor (parts: Parts) {
    this.#parts = parts
    this.#server = createServer({ pauseOnConnect: true }, socket => { this.#onConnection(socket) })
    this.#server.unref()
    this.#server.on('error', err => { if (this.#server.listening) parts.primary.log.warn({ event: 'control-error', err }, 'the control socket could not accept a connection') })
  }

  /**
   * @param path the configured path; by default, a file named by the pid in this user's folder
   * @param replace whether a primary that listens on this path is replaced
   * @throws Node's own error if the socket cannot be bound
   * @throws SHARED_PORT_ERR_CONTROL_FOLDER, SHARED_PORT_ERR_CONTROL_IN_USE
   * @throws SHARED_PORT_ERR_CLOSED if it is closed meanwhile
   */
  async open (path?: string, { replace = false } = {}): Promise<string> {
    this.#closed = false
    const folder = controlFolders()[0] as string
    const own = socketOf(folder, process.pid)
    process.once('exit', this.#removeFiles)
    if (path === undefined) {
      makeFolder(folder)
      await sweep(folder)
      return await this.#listen(own)
    }
    const listening = await this.#listenAt(resolve(path), replace)
    if (listening !== own) await this.#register(listening, own)
    if (this.#closed) throw new ClosedError()
    return listening
  }

  /** Lets a successor have the configured path. What is connected stays, and so does a socket by the pid. */
  handOver (): void {
    if (this.#placed !== undefined) this.#removeFiles()
  }

  /** Removes the socket and closes all its connections. */
  async close (): Promise<void> {
    this.#closed = true
    process.off('exit', this.#removeFiles)
    this.#server.close()
    this.#removeFiles()
    this.#room.close()
    const loaded = this.#app
    this.#app = undefined
    await (await loaded)?.close()
  }

  async #listen (path: string): Promise<string> {
    assertFits(path)
    if (await isListening(path)) throw new ControlInUseError(path)
    if (this.#closed) throw new ClosedError()
    removeSocket(path)
    await this.#bind(path)
    this.#files.push(path)
    return path
  }

  /** Listens on a path that a successor may take, so that closing must not remove the file then. */
  async #listenAt (path: string, replace: boolean): Promise<string> {
    const temporary = BoundFile.temporaryName(path)
    for (const name of [path, temporary]) assertFits(name)
    if (!replace && await isListening(path)) throw new ControlInUseError(path)
    if (this.#closed) throw new ClosedError()
    if (!replace) removeSocket(path)
    try {
      await this.#bind(temporary)
    } catch (err) {
      throw systemError((err as NodeJS.ErrnoException).errno as number, 'listen', { address: path, port: NO_PORT }) // not with the temporary name
    }
    this.#placed = BoundFile.place(temporary, path, { replace })
    return path
  }

  async #bind (path: string): Promise<void> {
    // umask restricts the socket from the moment it is created. With chmod(2), it would be open to all users
    // until then.
    const mask = process.umask(0o177)
    try {
      this.#server.listen(path)
    } finally {
      process.umask(mask)
    }
    // A bind that succeeds has done so by now. Otherwise the error is still to come.
    if (!this.#server.listening) await once(this.#server, 'listening')
  }

  /** Adds a link in this user's folder, so that `status` finds a primary whose socket is elsewhere. */
  async #register (path: string, own: string): Promise<void> {
    try {
      assertFits(own)
      makeFolder(dirname(own))
      if (await isListening(own)) throw new ControlInUseError(own) // by a process with the same pid in another container
      if (this.#closed) return
      removeSocket(own)
      symlinkSync(path, own)
      this.#files.push(own)
    } catch (err) {
      this.#parts.primary.log.warn({ event: 'control-error', err }, 'commands will find this primary only with --control %s', path)
    }
  }

  async #onConnection (socket: Socket): Promise<void> {
    this.#room.enter(socket)
    socket.on('error', () => {}) // the client is gone
    try {
      const { server } = await (this.#app ??= this.#load())
      if (socket.destroyed) return // it was closed while the app was loading
      server.emit('connection', socket)
      socket.resume()
    } catch (err) {
      this.#app = undefined
      this.#parts.primary.log.error({ event: 'control-error', err }, 'the control socket could not answer a connection')
      socket.destroy()
    }
  }

  async #load (): Promise<FastifyInstance> {
    const { controlApp } = await import('./admin/apps.js')
    return await controlApp(this.#parts, this.#room)
  }

  readonly #removeFiles = (): void => {
    this.#placed?.remove()
    this.#placed = undefined
    for (const path of this.#files.splice(0)) {
      try {
        unlinkSync(path)
      } catch {} // it is gone already
    }
  }
}
