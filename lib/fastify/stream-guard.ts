import { writeSync } from 'node:fs'
import type { Destination } from './app-logger.js'
import { isFull, isGone } from '../platform/stdout.js'

/** Milliseconds without progress after which the end of a process waits for room no more, and between two tries. */
const END_PATIENCE = 500
const RETRY = 10

const NEWLINE = '\n'

const GUARD = Symbol('shared-fastify.guard')

/**
 * Lets the stream by which a logger writes to stdout or stderr outlive what happens there. On its own it takes any error but
 * EPIPE for one that nobody handles, which ends the process. And at the end of a process (`flushSync`) it tries the same
 * write for ever, with the event loop blocked: after a terminal was closed, or on a full disk, a worker hung until it was killed.
 */
export function guardStream (log: Destination & { [GUARD]?: StreamGuard }): StreamGuard {
  log[GUARD] ??= new StreamGuard(log)
  return log[GUARD]
}

export class StreamGuard {
  /** Is told how many lines could not be written, as soon as one can be. */
  onLost: (lines: number) => void = () => {}
  readonly #log: Destination
  /** Whether nobody will read any more. */
  #gone = false
  /** Whether what was written last is a piece of a line, whose rest was thrown away. */
  #torn = false
  #lost = 0
  /** Whether the next write that succeeds is waited for. */
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
      this.#log.write('') // it may have nothing, and say nothing
    })
  }

  /** A full disk may have room again; a reader that is gone does not come back. */
  #failed (err: unknown): void {
    if (this.#gone) return
    const log = this.#log
    if (isGone(err) || !isKnown(log)) return this.#giveUp()
    const { _writingBuf: writing, _bufs: waiting } = log
    const lines = [writing, ...waiting].map(String).join('').split(NEWLINE).length - 1
    this.#lost += this.#torn ? lines - 1 : lines // the first one was to end the torn line
    if (lines > 0 && !this.#waits) log.once('write', () => { this.#written() })
    this.#waits ||= lines > 0
    this.#torn ||= typeof writing !== 'string' // of a line that is partly written, the stream keeps the rest as a buffer
    log._bufs = []
    log._writingBuf = this.#torn ? NEWLINE : ''
    log._len = log._writingBuf.length
  }

  /** As pino itself does at EPIPE. */
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

  /** Writes what waits, as long as that can be written. What is under way in another thread ends by itself. */
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
    } catch {} // the process ends: nobody is left to be told
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
 * What sonic-boom, pino's stream, keeps: the same since its version 2 (pino 7). There is no public way to throw away what it
 * has, and it would keep all that is logged while the disk is full. Of another version nothing is written after an error.
 */
interface Known extends Destination {
  /** What is being written; after an error, what is to be tried again. */
  _writingBuf: string | Buffer
  _bufs: Array<string | Buffer>
  /** Bytes of both. */
  _len: number
  _writing: boolean
}

function isKnown (log: Destination): log is Known {
  const { _writingBuf, _bufs, _len, _writing } = log as Known
  return _writingBuf !== undefined && Array.isArray(_bufs) && typeof _len === 'number' && typeof _writing === 'boolean'
}
