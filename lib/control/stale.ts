import { lstatSync, readdirSync, statSync, unlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { isAlive } from '../platform/process-table.js'

/** Removes the sockets of a folder that dead primaries have left behind, and returns the paths of the others. */
export async function sweep (folder: string): Promise<string[]> {
  const names = list(folder).filter(name => /^\d+\.sock$/.test(name))
  const living = await Promise.all(names.map(async name => {
    // Not by connecting at once: who lives would load what answers. But a process of another container is none here.
    if (isAlive(parseInt(name)) || await isListening(join(folder, name))) return true
    removeSocket(join(folder, name))
    return false
  }))
  return names.filter((_, i) => living[i]).map(name => join(folder, name))
}

/** Whether somebody listens there. Whoever may not connect is no judge of that. */
export async function isListening (path: string): Promise<boolean> {
  return await new Promise(resolve => {
    const socket = connect(path, () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', ({ code }: NodeJS.ErrnoException) => { resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT' && code !== 'ENOTSOCK') })
  })
}

/** What is no socket, nor a link to one or to nothing, is not ours. */
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
    return [] // there is none yet
  }
}
