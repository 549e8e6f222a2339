import { writeSync } from 'node:fs'
import type { FastifyBaseLogger } from 'fastify'
import { type Destination, standardStreamOf } from '../fastify/app-logger.js'
import { setBlocking } from '../platform/node-internals.js'
import { guardStream, type StreamGuard } from '../fastify/stream-guard.js'
import { surviveStandardStreams, tearsLines } from '../platform/stdout.js'
import { within } from '../platform/within.js'

/** Milliseconds that a log has, at the end, to write what it has: who reads may be slow. */
const DRAIN_PATIENCE = 500

/** A worker's stdout and stderr, and the apps' loggers that write there. */
export class Stdout {
  /** Is told how many lines of a log were lost, when they can be written again. */
  onLost: (lines: number) => void = () => {}
  /** Whether it leads to the primary, and not where the primary's own does. */
  readonly #relayed = tearsLines()
  readonly #logs = new Map<Destination, StreamGuard>()

  /**
   * Who writes to the primary waits until there is room: nothing is left behind when the process ends,
   * and nobody asks ten times a second, as pino does at EAGAIN.
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

  /** The primary is gone: the logs go on by stderr. What they have not written by now is lost. */
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
   * Resolves when the logs have written what they have: who reads may be slow.
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
  } catch {} // it leads nowhere either, and nobody else is left to tell
  return true
}
