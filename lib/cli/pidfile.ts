import { closeSync, constants, fstatSync, linkSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { PidfileError } from '../errors.js'
import { isAlive } from '../platform/process-table.js'

/** Bytes that a pidfile has at most. */
const LONGEST = 64

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
  try {
    writeFileSync(written, `${process.pid}\n`, { flag: 'wx' }) // a full disk leaves an empty one behind
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
  const text = readPid(file)
  if (text === undefined || !/^([1-9]\d*)?$/.test(text)) throw new PidfileError(path, 'is there already, and is no pidfile')
  // In a container each primary may have the same id.
  if (text !== '' && text !== String(process.pid) && isAlive(Number(text))) throw new PidfileError(path, `is of the process ${text}, which is running`)
}

/** Somebody else may have put one in its place. */
function remove (path: string): void {
  try {
    if (readPid(path) === String(process.pid)) rmSync(path)
  } catch {} // it is gone, or not for us to take away any more
}

/** What a pidfile says; undefined of what is none. A FIFO, or a device, would let the one who opens or reads it wait. */
function readPid (path: string): string | undefined {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const found = fstatSync(fd)
    return found.isFile() && found.size <= LONGEST ? readFileSync(fd, 'utf8').trim() : undefined
  } finally {
    closeSync(fd)
  }
}
