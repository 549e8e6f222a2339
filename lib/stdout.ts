import { fstatSync, writeSync } from 'node:fs'
import { platform } from 'node:os'
import { setStdoutBlocking } from './internals.js'

/**
 * Whether processes that write to this stdout at the same time tear each other's lines. A pipe or a
 * socket does that: it takes a long write in pieces, as it has room (PIPE_BUF in pipe(7)). A terminal takes
 * a write as a whole, and so does a file that is inherited, by whose one offset writes take turns
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
