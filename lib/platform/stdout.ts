import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs'
import { platform } from 'node:os'
import { isatty } from 'node:tty'
import { setBlocking } from './node-internals.js'

/**
 * Whether an error of a write says that nobody will read there any more: EPIPE of a pipe, ECONNRESET of one that had
 * to wait, EIO of a terminal that is closed.
 */
export function isGone (err: unknown): boolean {
  return ['EPIPE', 'ECONNRESET', 'EIO'].includes((err as NodeJS.ErrnoException).code ?? '')
}

/** Whether it says that there is no room at the moment. */
export function isFull (err: unknown): boolean {
  return ['EAGAIN', 'EBUSY'].includes((err as NodeJS.ErrnoException).code ?? '')
}

/**
 * Lets this process live on where its stdout and stderr cannot be written to: without a listener an error there, of
 * what the app writes without a logger, would end it.
 */
export function surviveStandardStreams (): void {
  process.stdout.on('error', () => {})
  process.stderr.on('error', () => {})
  setBlocking(process.stderr, true) // as it was before it was looked at: other processes have it too
  const terminals = [0, 1, 2].filter(isatty)
  process.once('exit', () => {
    // A terminal that is closed is none any more. Node 20 aborts where it cannot set it back (ResetStdio in its src/node.cc),
    // which it does not try with a descriptor that is closed.
    for (const fd of terminals) if (isHungUp(fd)) closeSync(fd)
  })
}

/** Whether it is a terminal still, though a closed one: the app may have closed the descriptor, and another file may have the number. */
function isHungUp (fd: number): boolean {
  try {
    return !isatty(fd) && fstatSync(fd).isCharacterDevice()
  } catch {
    return false
  }
}

/**
 * Whether processes that write to this stdout at the same time tear each other's lines. A pipe or a
 * socket does that: it takes a long write in pieces, as it has room (PIPE_BUF in pipe(7)). A terminal takes
 * a write as a whole where that waits, and so does a file that is inherited, by whose one offset writes take turns
 * (f_pos_lock of Linux; with O_APPEND anywhere).
 */
export function tearsLines (): boolean {
  if (platform() === 'win32') return false // there writes to a pipe wait, whatever is set
  const stdout = fstatSync(1)
  return stdout.isFIFO() || stdout.isSocket()
}

/**
 * Writes to a stdout that tears lines as much as there is room for. (By fs.write() a thread would wait for
 * the reader, and process.exit() for the thread; how much process.stdout has written, nobody can tell at the end.)
 * @throws EAGAIN where there is no room, EPIPE where nobody reads
 */
export function writeIfRoom (data: Uint8Array): number {
  setBlocking(process.stdout, false) // each time: any process that is started from here may take it away
  return writeSync(1, data)
}

/**
 * Opens the terminal that this stdout is once more, so that writes to it throw EAGAIN where they would wait:
 * who types ^S reads no further until ^Q. (What is set for stdout itself, other processes may take away.)
 * Undefined where it is no terminal, or one that this user may not open, as after su(1).
 */
export function openTerminal (): number | undefined {
  if (platform() !== 'linux' || !isatty(1)) return undefined // elsewhere /dev/fd/1 is no description of its own
  try {
    return openSync('/proc/self/fd/1', constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  } catch {
    return undefined
  }
}
