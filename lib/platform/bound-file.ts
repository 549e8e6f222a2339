import { randomBytes } from 'node:crypto'
import { linkSync, lstatSync, renameSync, rmSync } from 'node:fs'
import { constants } from 'node:os'
import { resolve } from 'node:path'
import { LONGEST_PATH } from './socket-path.js'
import { NO_PORT, systemError } from './system-error.js'

/** The fewest characters of a name that no other process chooses at the same time. */
const SHORTEST = 6

/**
 * The file of a Unix socket that this process has bound. libuv removes a socket's file when it closes the
 * socket, by the name that it was bound with, even if another process listens on it by then. So the socket is
 * bound with another name, and the file is renamed: only this class removes it.
 */
export class BoundFile {
  readonly path: string
  /** Identifies the file, which another process may have replaced. */
  readonly #inode: number | undefined

  /** The file of a socket that this process has inherited, and that it is responsible for. */
  constructor (path: string) {
    this.path = resolve(path) // the app may change its folder
    this.#inode = inodeOf(path)
  }

  /** A name in the same folder, which is not longer than it has to be. To be bound, and then placed. */
  static temporaryName (path: string): string {
    const end = path.lastIndexOf('/') + 1 // dirname() would change a path that leads through a symbolic link and back
    const length = Math.max(path.length - end, Math.min(SHORTEST, LONGEST_PATH - end))
    return `${path.slice(0, end)}.${randomBytes(length).toString('hex').slice(0, length - 1)}`
  }

  /**
   * Gives the bound file its name, and lets `own` change its owner.
   * @throws EADDRINUSE if there is a file of that name, unless it may be replaced
   */
  static place (temporary: string, path: string, { replace = false, own = (_path: string): void => {} } = {}): BoundFile {
    if (replace) {
      own(temporary)
      renameSync(temporary, path)
    } else {
      link(temporary, path) // first, because a process may not link to another user's socket (fs.protected_hardlinks)
      try {
        own(temporary)
      } catch (err) {
        rmSync(path)
        throw err
      }
      rmSync(temporary)
    }
    return new BoundFile(path)
  }

  /** Removes the file, unless another process has replaced it. */
  remove (): void {
    try {
      if (this.#inode !== undefined && inodeOf(this.path) === this.#inode) rmSync(this.path)
    } catch {} // it is gone, or no longer ours to remove
  }
}

/** Unlike rename(2), link(2) replaces nothing. */
function link (temporary: string, path: string): void {
  try {
    linkSync(temporary, path)
  } catch (err) {
    throw (err as NodeJS.ErrnoException).code === 'EEXIST' ? systemError(-constants.errno.EADDRINUSE, 'listen', { address: path, port: NO_PORT }) : err
  }
}

function inodeOf (path: string): number | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.ino
}
