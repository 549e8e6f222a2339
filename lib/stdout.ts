import { constants, fstatSync, openSync, writeSync } from 'node:fs'
import { platform } from 'node:os'
import { isatty } from 'node:tty'
import { setStdoutBlocking } from './internals.js'

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
  setStdoutBlocking(false) // each time: any process that is started from here may take it away
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
