import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { PidfileError } from '../errors.js'
import { isAlive } from '../process-table.js'

/**
 * Writes this process's id to a file, whole at once, and takes the file away at the end. One that a
 * dead process has left is replaced.
 * @throws SHARED_PORT_ERR_PIDFILE where a living process has it, it is no pidfile, or it cannot be written
 */
export function writePidfile (given: string): void {
  const path = resolve(given)
  try {
    claim(path)
  } catch (cause) {
    throw cause instanceof PidfileError ? cause : new PidfileError(path, `cannot be written: ${(cause as Error).message}`, { cause: cause as Error })
  }
  process.once('exit', () => { remove(path) })
}

function claim (path: string): void {
  const written = `${path}.${process.pid}`
  rmSync(written, { force: true })
  writeFileSync(written, `${process.pid}\n`, { flag: 'wx' })
  try {
    if (link(written, path)) return
    clear(path, `${written}.stale`)
    if (!link(written, path)) assertStale(path) // another one was faster
  } finally {
    rmSync(written, { force: true })
  }
}

/** Whether there was none: unlike a rename, of two processes it lets one succeed. */
function link (written: string, path: string): boolean {
  try {
    linkSync(written, path)
    return true
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw err
  }
}

/** Takes a stale file away. What another process has put in its place meanwhile is put back. */
function clear (path: string, aside: string): void {
  assertStale(path)
  try {
    renameSync(path, aside)
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return // another one has done it
    throw err
  }
  try {
    assertStale(aside, path)
    rmSync(aside)
  } catch (err) {
    renameSync(aside, path)
    throw err
  }
}

/** @param path where it was */
function assertStale (file: string, path = file): void {
  const text = readFileSync(file, 'utf8').trim()
  if (!/^([1-9]\d*)?$/.test(text)) throw new PidfileError(path, 'is there already, and is no pidfile')
  // In a container each primary may have the same id.
  if (text !== '' && text !== String(process.pid) && isAlive(Number(text))) throw new PidfileError(path, `is of the process ${text}, which is running`)
}

/** Somebody else may have put one in its place. */
function remove (path: string): void {
  try {
    if (readFileSync(path, 'utf8').trim() === String(process.pid)) rmSync(path)
  } catch {} // it is gone, or not for us to take away any more
}
