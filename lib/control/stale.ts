import { lstatSync, readdirSync, statSync, unlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'

/** Removes the sockets of a folder that dead primaries have left behind, and returns the paths of the others. */
export async function sweep (folder: string): Promise<string[]> {
  const paths = list(folder).filter(name => /^\d+\.sock$/.test(name)).map(name => join(folder, name))
  const answered = await Promise.all(paths.map(isListening))
  for (const path of paths.filter((_, i) => !answered[i])) removeSocket(path)
  return paths.filter((_, i) => answered[i])
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
