import { lstatSync, readdirSync, statSync, unlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { isAlive } from '../platform/process-table.js'

/** Removes the sockets that dead primaries have left in a folder, and returns the paths of the others. */
export async function sweep (folder: string): Promise<string[]> {
  const names = list(folder).filter(name => /^\d+\.sock$/.test(name))
  const living = await Promise.all(names.map(async name => {
    // Does not connect at first, because that makes a living primary load its control app. But a primary in
    // another container cannot be found by its pid.
    if (isAlive(parseInt(name)) || await isListening(join(folder, name))) return true
    removeSocket(join(folder, name))
    return false
  }))
  return names.filter((_, i) => living[i]).map(name => join(folder, name))
}

/** Whether a process listens on this socket. True if that cannot be determined, for lack of permission. */
export async function isListening (path: string): Promise<boolean> {
  return await new Promise(resolve => {
    const socket = connect(path, () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', ({ code }: NodeJS.ErrnoException) => { resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT' && code !== 'ENOTSOCK') })
  })
}

/** Removes a socket, a link to a socket, or a dangling link. Other files are not ours. */
export function removeSocket (path: string): void {
  const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true
  const target = statSync(path, { throwIfNoEntry: false })
  if (target === undefined ? !isLink : !target.isSocket()) return
  try {
    unlinkSync(path)
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== 'ENOENT') throw err
  }
}

function list (folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return [] // the folder does not exist yet
  }
}
