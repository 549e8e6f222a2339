import type { Addon } from '../addon.js'
import type { Hold } from '../interface.js'
import type { NativeConnection } from './connection.js'

interface Watched { connection: NativeConnection, ready: (gone: boolean) => void }

/** Watches connections with one epoll set, which reads nothing. It exists as long as the process. */
export class NativeHold implements Hold {
  readonly #addon: Addon
  readonly #set: number
  readonly #fds: Int32Array
  readonly #watched = new Map<number, Watched>()

  constructor (addon: Addon) {
    this.#addon = addon
    this.#fds = new Int32Array(addon.FRAME_SIZE)
    this.#set = addon.createHold()
    addon.held(this.#set, this.#fds, count => { this.#ready(count) })
  }

  add (connection: NativeConnection, ready: (gone: boolean) => void): boolean {
    const { fd } = connection
    if (this.#addon.hold(this.#set, fd) < 0) return false // no memory, or more than fs.epoll.max_user_watches
    this.#watched.set(fd, { connection, ready })
    return true
  }

  release ({ fd }: NativeConnection): boolean {
    if (this.#watched.delete(fd)) this.#addon.release(this.#set, fd)
    return this.#addon.readable(fd) === 1
  }

  #ready (count: number): void {
    const found = Array.from(this.#fds.subarray(0, count)) // a callback may lead to another call
    for (const fd of found) {
      const gone = fd < 0
      const watched = this.#watched.get(gone ? -1 - fd : fd)
      if (watched === undefined) continue
      this.#watched.delete(watched.connection.fd)
      watched.ready(gone)
    }
  }
}
