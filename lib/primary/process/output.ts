import { writeSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { standardStreamOf } from '../../fastify/app-logger.js'
import { guardStream } from '../../fastify/stream-guard.js'
import { Queue } from '../../queue.js'
import { isFull, isGone, openTerminal, surviveStandardStreams, tearsLines, writeIfRoom } from '../../platform/stdout.js'
import type { Clock } from '../../platform/clock.js'
import { Relay } from './relay.js'

/**
 * The most bytes that may wait to be written to stdout. Above that, the workers' output is not read, until
 * it is down to half.
 */
const MOST_WAITING = 2 ** 20

/**
 * The most bytes of this process's own lines that may wait. Writing them never blocks, and lines beyond that
 * are lost.
 */
const MOST_OWN = 2 ** 20

/**
 * Milliseconds until the next attempt when there was no room: the first delay, and the longest. It doubles
 * in between.
 */
const FIRST_DELAY = 1
const LONGEST_DELAY = 32

/**
 * Milliseconds within which everything arrives that a dead process has written. Its child processes may hold
 * its stdout open for longer.
 */
const READ_PATIENCE = 100

/** At exit, milliseconds between two checks whether everything is written. */
const LOOK = 10

const NEWLINE = 10

export interface OutputParts {
  /** Whether the workers' output is relayed. Otherwise they inherit the stdout of this process. */
  relays: boolean
  /** Whether write() may block. */
  waits: boolean
  /** Writes as much as there is room for, and returns the number of bytes. @throws EAGAIN if there is no room */
  write (data: Uint8Array): number
  clock: Pick<Clock, 'after'>
}

/** `inLine`: whether it is partly written, up to the middle of a line. */
interface Piece { data: Buffer, own: boolean, inLine: boolean }

/**
 * Everything that is written to the stdout of this process: whole lines, its own and those of its workers. A
 * slow reader blocks nobody: the process's own lines wait in memory, the workers' in their pipes. Lines that
 * cannot be written, because the reader is gone or the disk is full, are discarded.
 */
export class Output {
  /** Called with the number of lost lines, when writing works again. */
  onLost: (lines: number) => void = () => {}
  /** The error if not even the first line could be written. Undefined if it could, or if the reader is gone. */
  failure: Error | undefined
  #everWritten = false
  readonly #parts: OutputParts
  readonly #waiting = new Queue<Piece>()
  readonly #relays = new Set<Relay>()
  #bytes = 0
  #ownBytes = 0
  #lost = 0
  /** Whether the last write ended in the middle of a line, whose rest was discarded. */
  #torn = false
  #paused = false
  #delay = FIRST_DELAY
  #cancelRetry: (() => void) | undefined

  constructor (parts: OutputParts) {
    this.#parts = parts
  }

  /** Whether the workers' output is relayed. */
  get relays (): boolean {
    return this.#parts.relays
  }

  /**
   * Whether writing may block the workers. If they write to the terminal themselves, it blocks them when it
   * would block this process.
   */
  get paused (): boolean {
    return this.#paused || (!this.relays && this.#bytes > 0)
  }

  /** Writes a line of this process. */
  write (line: string): void {
    const data = Buffer.from(line)
    if (this.#ownBytes > 0 && this.#ownBytes + data.length > MOST_OWN) {
      this.#lost++
      return
    }
    this.#ownBytes += data.length
    this.#add({ data, own: true, inLine: false })
  }

  /** Redirects what a logger of this process writes to stdout, so that its writes do not block. */
  take (logger: FastifyBaseLogger): void {
    const stream = standardStreamOf(logger)
    if (stream === undefined) return
    if (stream.fd !== 1 || this.#parts.waits) {
      guardStream(stream).onLost = lines => { this.onLost(lines) }
      return
    }
    stream.write = line => {
      this.write(line)
      return true
    }
  }

  /** Relays the output of a worker. */
  relay (source: Readable): void {
    const relay = new Relay(source, data => { this.#add({ data, own: false, inLine: false }) }, () => { this.#relays.delete(relay) })
    this.#relays.add(relay)
    if (this.#paused) relay.pause()
  }

  /** Tests whether stdout can be written to: see {@link failure}. */
  probe (): void {
    try {
      this.#parts.write(Buffer.alloc(0))
    } catch (err) {
      if (!isFull(err) && !isGone(err)) this.failure = err as Error
    }
  }

  /** Writes as much as there is room for now. At exit there is no other opportunity. */
  flush (): void {
    this.#cancelRetry?.()
    this.#write()
  }

  /** Resolves when everything is written that exited workers have left, or after `within` milliseconds. */
  async end (within: number): Promise<void> {
    const deadline = performance.now() + within
    while (this.#busy() && performance.now() < deadline) await sleep(LOOK)
  }

  #busy (): boolean {
    const since = performance.now() - READ_PATIENCE
    return this.#bytes > 0 || [...this.#relays].some(({ readAt }) => readAt > since)
  }

  #add (piece: Piece): void {
    this.#waiting.push(piece)
    this.#bytes += piece.data.length
    if (this.#cancelRetry === undefined) this.#write()
    if (!this.#paused && this.#bytes > MOST_WAITING) this.#pause()
  }

  #write (): void {
    this.#cancelRetry = undefined
    let written = 0
    for (let piece = this.#waiting.first(); piece !== undefined; piece = this.#waiting.first()) {
      try {
        written += this.#writeSome(piece)
      } catch (err) {
        if (isFull(err)) this.#retryLater()
        else this.#throwAway(err)
        break
      }
    }
    if (this.#paused && this.#bytes <= MOST_WAITING / 2) this.#resume()
    if (written > 0 && this.#bytes === 0 && this.#lost > 0) this.#tellLost()
  }

  #writeSome (piece: Piece): number {
    if (this.#torn) {
      this.#parts.write(Buffer.of(NEWLINE))
      this.#torn = false
    }
    const written = this.#parts.write(piece.data)
    this.#everWritten = true
    this.#delay = FIRST_DELAY
    this.#bytes -= written
    if (piece.own) this.#ownBytes -= written
    piece.inLine = piece.data[written - 1] !== NEWLINE
    piece.data = piece.data.subarray(written)
    if (piece.data.length === 0) this.#waiting.shift()
    return written
  }

  #retryLater (): void {
    this.#cancelRetry = this.#parts.clock.after(this.#delay, () => { this.#write() })
    this.#delay = Math.min(this.#delay * 2, LONGEST_DELAY)
  }

  #throwAway (err: unknown): void {
    if (!this.#everWritten && !isGone(err)) this.failure = err as Error
    this.#torn ||= this.#waiting.first()?.inLine === true
    for (const { data } of this.#waiting.drain()) this.#lost += countLines(data)
    this.#bytes = this.#ownBytes = 0
  }

  #tellLost (): void {
    const lost = this.#lost
    this.#lost = 0
    this.onLost(lost)
  }

  #pause (): void {
    this.#paused = true
    for (const relay of this.#relays) relay.pause()
  }

  #resume (): void {
    this.#paused = false
    for (const relay of this.#relays) relay.resume()
  }
}

/** Opens the output of this process. To be called once. */
export function openOutput (): Output {
  const relays = tearsLines()
  const terminal = openTerminal()
  const output = new Output({
    relays,
    waits: !relays && terminal === undefined,
    write: relays ? writeIfRoom : data => writeSync(terminal ?? 1, data),
    clock: { after: afterIfAlive }
  })
  surviveStandardStreams()
  process.on('exit', () => { output.flush() })
  return output
}

/**
 * With an unref'd timer: a reader that does not read must not keep the process alive when everything else
 * has ended.
 */
function afterIfAlive (delay: number, run: () => void): () => void {
  const timer = setTimeout(run, delay).unref()
  return () => { clearTimeout(timer) }
}

function countLines (data: Buffer): number {
  let count = 0
  for (let at = data.indexOf(NEWLINE); at !== -1; at = data.indexOf(NEWLINE, at + 1)) count++
  return count
}
