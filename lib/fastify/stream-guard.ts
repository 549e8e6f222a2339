import { writeSync } from 'node:fs'
import type { Destination } from './app-logger.js'
import { isFull, isGone } from '../platform/stdout.js'

/**
 * When a process ends: the milliseconds without progress after which it stops waiting for room, and the
 * milliseconds between two attempts.
 */
const END_PATIENCE = 500
const RETRY = 10

const NEWLINE = '\n'

const GUARD = Symbol('shared-fastify.guard')

/**
 * Makes the stream through which a logger writes to stdout or stderr survive write errors. By default, any
 * error other than EPIPE is unhandled and ends the process. And at the end of a process (`flushSync`) the
 * stream retries the same write for ever, with the event loop blocked: after a terminal was closed, or on a
 * full disk, a worker hung until it was killed.
 */
export function guardStream (log: Destination & { [GUARD]?: StreamGuard }): StreamGuard {
  log[GUARD] ??= new StreamGuard(log)
  return log[GUARD]
}

export class StreamGuard {
  /** Called with the number of lines that could not be written, as soon as a write succeeds again. */
  onLost: (lines: number) => void = () => {}
  readonly #log: Destination
  /** Whether the reader is gone for good. */
  #gone = false
  /** Whether the last write ended in the middle of a line, whose rest was discarded. */
  #torn = false
  #lost = 0
  /** Whether a listener waits for the next successful write. */
  #waits = false

  constructor (log: Destination) {
    this.#log = log
    log.on('error', err => { this.#failed(err) })
    log.flushSync = () => { this.#flush() }
  }

  /** Resolves when nothing is left to write, or nothing can be written. */
  async drained (): Promise<void> {
    if (this.#gone) return
    await new Promise<void>(resolve => {
      this.#log.once('drain', resolve)
      this.#log.once('error', () => { resolve() })
      this.#log.write('') // triggers 'drain' even if the stream has nothing to write
    })
  }

  /** A full disk may have room again later. A reader that is gone does not come back. */
  #failed (err: unknown): void {
    if (this.#gone) return
    const log = this.#log
    if (isGone(err) || !isKnown(log)) return this.#giveUp()
    const { _writingBuf: writing, _bufs: waiting } = log
    const lines = [writing, ...waiting].map(String).join('').split(NEWLINE).length - 1
    this.#lost += this.#torn ? lines - 1 : lines // the first newline is the one that would have ended the torn line
    if (lines > 0 && !this.#waits) log.once('write', () => { this.#written() })
    this.#waits ||= lines > 0
    this.#torn ||= typeof writing !== 'string' // the stream keeps the rest of a partly written line as a buffer
    log._bufs = []
    log._writingBuf = this.#torn ? NEWLINE : ''
    log._len = log._writingBuf.length
  }

  /** pino itself does this at EPIPE. */
  #giveUp (): void {
    this.#gone = true
    const log = this.#log
    log.write = () => true
    log.flushSync = log.end = log.destroy = () => {}
  }

  #written (): void {
    const lost = this.#lost
    this.#waits = this.#torn = false
    this.#lost = 0
    if (lost > 0) this.onLost(lost)
  }

  /**
   * Writes everything that is queued, for as long as that makes progress. A write that is under way in
   * another thread completes by itself.
   */
  #flush (): void {
    const log = this.#log
    if (!isKnown(log)) return
    const left = log._writing ? [] : [log._writingBuf]
    const data = Buffer.concat([...left, ...log._bufs].map(part => Buffer.from(part)))
    log._bufs = []
    log._len -= data.length
    if (!log._writing) log._writingBuf = ''
    try {
      writeAll(log.fd, data)
    } catch {} // the process ends, and nobody could be told
  }
}

function writeAll (fd: number, data: Buffer): void {
  let deadline = performance.now() + END_PATIENCE
  for (let at = 0; at < data.length;) {
    try {
      at += writeSync(fd, data, at)
      deadline = performance.now() + END_PATIENCE
    } catch (err) {
      if (!isFull(err) || performance.now() > deadline) throw err
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY)
    }
  }
}

/**
 * The internal state of sonic-boom, pino's stream, unchanged since its version 2 (pino 7). There is no
 * public way to discard queued data, and a stream on a full disk would keep everything that is logged. With
 * an unknown version, nothing more is written after an error.
 */
interface Known extends Destination {
  /** The data that is being written, or after an error, the data to retry. */
  _writingBuf: string | Buffer
  _bufs: Array<string | Buffer>
  /** The number of bytes in both. */
  _len: number
  _writing: boolean
}

function isKnown (log: Destination): log is Known {
  const { _writingBuf, _bufs, _len, _writing } = log as Known
  return _writingBuf !== undefined && Array.isArray(_bufs) && typeof _len === 'number' && typeof _writing === 'boolean'
}
