import { readdirSync, unlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'

/** The sockets in a folder that somebody answers on. Those that a dead primary has left behind are removed. */
export async function livingSockets (folder: string): Promise<string[]> {
  const paths = list(folder).filter(name => /^\d+\.sock$/.test(name)).map(name => join(folder, name))
  const alive = await Promise.all(paths.map(async path => !await removeStale(path)))
  return paths.filter((_, i) => alive[i])
}

/** Removes a socket that nobody listens on; whether it is gone. */
export async function removeStale (path: string): Promise<boolean> {
  if (await isListening(path)) return false
  try {
    unlinkSync(path)
  } catch (err) {
    return (err as NodeJS.ErrnoException).code === 'ENOENT'
  }
  return true
}

/** Whoever may not connect is no judge of that. */
async function isListening (path: string): Promise<boolean> {
  return await new Promise(resolve => {
    const socket = connect(path, () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', ({ code }: NodeJS.ErrnoException) => { resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT') })
  })
}

function list (folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return [] // there is none yet
  }
}
