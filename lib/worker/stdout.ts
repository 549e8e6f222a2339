import { writeSync } from 'node:fs'
import type { FastifyBaseLogger } from 'fastify'
import { type Destination, stdoutOf } from '../app-logger.js'
import { setStdoutBlocking } from '../internals.js'
import { tearsLines } from '../stdout.js'

/** Milliseconds that a log has, at the end, to write what it has: who reads may be slow. */
const DRAIN_PATIENCE = 500

/** A worker's stdout, and the apps' loggers that write there. */
export class Stdout {
  /** Whether it leads to the primary, and not where the primary's own does. */
  readonly #relayed = tearsLines()
  readonly #logs = new Set<Destination>()

  /**
   * Who writes to the primary waits until there is room: nothing is left behind when the process ends,
   * and nobody asks ten times a second, as pino does at EAGAIN. When the primary is gone, it does no harm.
   */
  constructor () {
    if (!this.#relayed) return
    process.stdout.on('error', () => {})
    setStdoutBlocking(true)
  }

  add (logger: FastifyBaseLogger): void {
    const log = stdoutOf(logger)
    if (log === undefined || this.#logs.has(log)) return
    this.#logs.add(log)
    if (!this.#relayed) return
    log.on('error', err => {
      // EPIPE pino takes for the end itself; ECONNRESET is the same for a write that was waiting.
      if (err.code !== 'EPIPE' && err.code !== 'ECONNRESET') throw err
    })
  }

  /**
   * The primary is gone: the logs go on by stderr. What they have not written by now is lost, and not
   * tried again, as pino would do for ever at the end of the process.
   */
  lose (): void {
    if (!this.#relayed) return
    for (const log of this.#logs) {
      log.write = writeToStderr
      log.flushSync = log.end = () => {}
    }
    this.#logs.clear()
  }

  /** Resolves when the logs have written what they have. At the process's end pino writes the rest beside what is still under way, into the middle of it. */
  async drained (): Promise<void> {
    await Promise.all([...this.#logs].map(async log => {
      await new Promise<void>(resolve => {
        setTimeout(resolve, DRAIN_PATIENCE)
        log.once('drain', resolve)
        log.write('') // it may have nothing, and say nothing
      })
    }))
  }
}

function writeToStderr (line: string): boolean {
  try {
    writeSync(2, line)
  } catch {} // it leads nowhere either, and nobody else is left to tell
  return true
}
