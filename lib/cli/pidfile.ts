import { closeSync, constants, existsSync, fstatSync, linkSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Logger } from 'pino'
import { PidfileError } from '../errors.js'
import { isAlive } from '../platform/process-table.js'
import { successorMark } from '../platform/role.js'

/** The most bytes that a valid pidfile has. */
const LONGEST = 64

/**
 * Writes this process's id to a file, atomically, and removes the file at exit. The pidfile of a dead
 * process is replaced.
 * @throws SHARED_PORT_ERR_PIDFILE if the file belongs to a living process, is not a pidfile, or cannot be
 * written
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

/** Replaces the pidfile of a primary whose place this one has taken. A failure is logged: the app is served all the same. */
export function takePidfile (given: string, log: Logger): void {
  const path = resolve(given)
  try {
    if (existsSync(path) && readPid(path) !== String(successorMark?.predecessor)) assertStale(path)
    withWritten(path, written => { renameSync(written, path) })
    process.once('exit', () => { remove(path) })
  } catch (err) {
    log.error({ event: 'pidfile-error', err }, 'cannot write the pidfile %s: %s', path, (err as Error).message)
  }
}

function claim (path: string): void {
  withWritten(path, written => {
    if (link(written, path)) return
    clear(path, `${written}.stale`)
    if (!link(written, path)) assertStale(path) // another process was faster
  })
}

/** Writes this process's id to a file beside the path, which is removed again. */
function withWritten (path: string, use: (written: string) => void): void {
  const written = `${path}.${process.pid}`
  rmSync(written, { force: true })
  try {
    writeFileSync(written, `${process.pid}\n`, { flag: 'wx' }) // a full disk leaves an empty file behind
    use(written)
  } finally {
    rmSync(written, { force: true })
  }
}

/** Returns false if `path` already exists. Unlike a rename, this succeeds for only one of two processes. */
function link (written: string, path: string): boolean {
  try {
    linkSync(written, path)
    return true
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw err
  }
}

/** Removes a stale file. If another process has replaced it meanwhile, the new file is put back. */
function clear (path: string, aside: string): void {
  assertStale(path)
  try {
    renameSync(path, aside)
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return // another process has removed it
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

/** @param path the original path, for error messages */
function assertStale (file: string, path = file): void {
  const text = readPid(file)
  if (text === undefined || !/^([1-9]\d*)?$/.test(text)) throw new PidfileError(path, 'already exists and is not a pidfile')
  // In containers, every primary may have the same pid.
  if (text !== '' && text !== String(process.pid) && isAlive(Number(text))) throw new PidfileError(path, `belongs to process ${text}, which is running`)
}

/** Removes the pidfile, unless another process has replaced it. */
function remove (path: string): void {
  try {
    if (readPid(path) === String(process.pid)) rmSync(path)
  } catch {} // it is gone, or no longer ours to remove
}

/**
 * The content of a pidfile. Undefined if the file is not one. O_NONBLOCK, because opening a FIFO or a device
 * could block.
 */
function readPid (path: string): string | undefined {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const found = fstatSync(fd)
    return found.isFile() && found.size <= LONGEST ? readFileSync(fd, 'utf8').trim() : undefined
  } finally {
    closeSync(fd)
  }
}
