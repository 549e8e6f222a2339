import { writeSync } from 'node:fs'
import type { FastifyBaseLogger } from 'fastify'
import { type Destination, standardStreamOf } from '../fastify/app-logger.js'
import { setBlocking } from '../platform/node-internals.js'
import { guardStream, type StreamGuard } from '../fastify/stream-guard.js'
import { surviveStandardStreams, tearsLines } from '../platform/stdout.js'
import { within } from '../platform/within.js'

/** At exit, milliseconds that a log has to write what is queued, since the reader may be slow. */
const DRAIN_PATIENCE = 500

/** A worker's stdout and stderr, and the loggers that write to them. */
export class Stdout {
  /** Called with the number of lines of a log that were lost, when writing works again. */
  onLost: (lines: number) => void = () => {}
  /** Whether stdout leads to the primary, rather than to the primary's own stdout. */
  readonly #relayed = tearsLines()
  readonly #logs = new Map<Destination, StreamGuard>()

  /**
   * Writes to the primary block until there is room. So nothing is left unwritten when the process exits,
   * and pino does not retry ten times a second, as it does at EAGAIN.
   */
  constructor () {
    surviveStandardStreams()
    if (this.#relayed) setBlocking(process.stdout, true)
  }

  add (logger: FastifyBaseLogger): void {
    const log = standardStreamOf(logger)
    if (log === undefined) return
    const guard = guardStream(log)
    guard.onLost = lines => { this.onLost(lines) }
    this.#logs.set(log, guard)
  }

  /** Called when the primary is gone: the logs continue on stderr. Lines that were not written by now are lost. */
  lose (): void {
    if (!this.#relayed) return
    for (const log of this.#logs.keys()) {
      if (log.fd !== 1) continue
      log.write = writeToStderr
      log.flushSync = log.end = () => {}
      this.#logs.delete(log)
    }
  }

  /**
   * Resolves when the logs have written what is queued, or after a timeout, since the reader may be slow.
   *
   * @param patience milliseconds at most
   */
  async drained (patience: number): Promise<void> {
    await within(Math.min(patience, DRAIN_PATIENCE), Promise.all([...this.#logs.values()].map(async guard => { await guard.drained() })))
  }
}

function writeToStderr (line: string): boolean {
  try {
    writeSync(2, line)
  } catch {} // stderr leads nowhere either
  return true
}
