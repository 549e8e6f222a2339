import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs'
import { platform } from 'node:os'
import { isatty } from 'node:tty'
import { setBlocking } from './node-internals.js'

/**
 * Whether a write failed because the reader is gone: EPIPE on a pipe, ECONNRESET on a pipe whose write had
 * to wait, EIO on a closed terminal.
 */
export function isGone (err: unknown): boolean {
  return ['EPIPE', 'ECONNRESET', 'EIO'].includes((err as NodeJS.ErrnoException).code ?? '')
}

/** Whether a write failed because there is no room at the moment. */
export function isFull (err: unknown): boolean {
  return ['EAGAIN', 'EBUSY'].includes((err as NodeJS.ErrnoException).code ?? '')
}

/**
 * Keeps this process alive when its stdout and stderr cannot be written to. Without a listener, an error of
 * anything that the app writes without a logger would end the process.
 */
export function surviveStandardStreams (): void {
  process.stdout.on('error', () => {})
  process.stderr.on('error', () => {})
  setBlocking(process.stderr, true) // restores the state before `process.stderr` was read: other processes share it
  const terminals = [0, 1, 2].filter(isatty)
  process.once('exit', () => {
    // A closed terminal is no longer a terminal (isatty() is false). Node 20 aborts at exit if it cannot
    // restore the terminal's settings (ResetStdio in its src/node.cc), but does not try for a closed
    // descriptor.
    for (const fd of terminals) if (isHungUp(fd)) closeSync(fd)
  })
}

/**
 * Whether the descriptor is still a terminal, but one that was closed. The app may have closed the
 * descriptor, and another file may have reused its number.
 */
function isHungUp (fd: number): boolean {
  try {
    return !isatty(fd) && fstatSync(fd).isCharacterDevice()
  } catch {
    return false
  }
}

/**
 * Whether concurrent writes of several processes to this stdout can mix within a line. They can on a pipe or
 * a socket, which takes a long write in pieces, as it has room (PIPE_BUF in pipe(7)). A terminal takes a
 * blocking write as a whole. So does an inherited file: its offset is shared, and writes take turns
 * (f_pos_lock on Linux; O_APPEND elsewhere).
 */
export function tearsLines (): boolean {
  if (platform() === 'win32') return false // on Windows, writes to a pipe always wait
  const stdout = fstatSync(1)
  return stdout.isFIFO() || stdout.isSocket()
}

/**
 * Writes as much as there is room for to a stdout that can mix lines. Not with fs.write(), whose thread
 * would wait for the reader, and process.exit() for the thread. Not with process.stdout, which cannot say at
 * exit how much it has written.
 * @throws EAGAIN if there is no room, EPIPE if the reader is gone
 */
export function writeIfRoom (data: Uint8Array): number {
  setBlocking(process.stdout, false) // before each write, since any process started from here may clear O_NONBLOCK
  return writeSync(1, data)
}

/**
 * Opens the terminal on stdout a second time, so that writes throw EAGAIN where they would otherwise wait,
 * as after ^S until ^Q. (O_NONBLOCK on stdout itself could be cleared by other processes.) Undefined if
 * stdout is not a terminal, or if this user may not open it, as after su(1).
 */
export function openTerminal (): number | undefined {
  if (platform() !== 'linux' || !isatty(1)) return undefined // elsewhere, opening /dev/fd/1 does not make a new file description
  try {
    return openSync('/proc/self/fd/1', constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  } catch {
    return undefined
  }
}
