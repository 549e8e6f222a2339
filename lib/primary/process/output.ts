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

/** Bytes that may wait for who reads stdout; from there on the workers' lines are left where they are, down to half of it. */
const MOST_WAITING = 2 ** 20

/** Bytes of this process's own lines that may wait: it waits for nobody, and loses those beyond. */
const MOST_OWN = 2 ** 20

/** Milliseconds until another try where there was no room: at first, and at most; it doubles in between. */
const FIRST_DELAY = 1
const LONGEST_DELAY = 32

/** Milliseconds in which all comes that a dead process has written; its children may hold its stdout open for longer. */
const READ_PATIENCE = 100

/** Milliseconds between two looks whether all has been written, at the end. */
const LOOK = 10

const NEWLINE = 10

export interface OutputParts {
  /** Whether the workers write here: else they have what this process has. */
  relays: boolean
  /** Whether write() may wait for who reads. */
  waits: boolean
  /** Writes as much as there is room for, and returns how much that was. @throws EAGAIN where there is no room */
  write (data: Uint8Array): number
  clock: Pick<Clock, 'after'>
}

/** `inLine`: whether it is partly written, up to the middle of a line. */
interface Piece { data: Buffer, own: boolean, inLine: boolean }

/**
 * All that is written to the stdout of this process: whole lines, its own and those of its workers,
 * one after another. Nobody waits for a reader that is slow: own lines wait in memory, the workers'
 * in their pipes. What cannot be written, since the reader is gone or the disk is full, is thrown away.
 */
export class Output {
  /** Is told how many lines were lost, when they can be written again. */
  onLost: (lines: number) => void = () => {}
  /** Why not even the first line could be written; undefined where it could, or nobody reads. */
  failure: Error | undefined
  #everWritten = false
  readonly #parts: OutputParts
  readonly #waiting = new Queue<Piece>()
  readonly #relays = new Set<Relay>()
  #bytes = 0
  #ownBytes = 0
  #lost = 0
  /** Whether what was written last is a piece of a line, whose rest was thrown away. */
  #torn = false
  #paused = false
  #delay = FIRST_DELAY
  #cancelRetry: (() => void) | undefined

  constructor (parts: OutputParts) {
    this.#parts = parts
  }

  /** Whether the workers' lines come here. */
  get relays (): boolean {
    return this.#parts.relays
  }

  /** Whether the workers may have to wait for who reads: those that write to the terminal do as soon as this process would. */
  get paused (): boolean {
    return this.#paused || (!this.relays && this.#bytes > 0)
  }

  /** A line of this process's own. */
  write (line: string): void {
    const data = Buffer.from(line)
    if (this.#ownBytes > 0 && this.#ownBytes + data.length > MOST_OWN) {
      this.#lost++
      return
    }
    this.#ownBytes += data.length
    this.#add({ data, own: true, inLine: false })
  }

  /** From now on what a logger of this process writes to stdout goes here, so that it waits for nobody. */
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

  /** From now on what a worker writes goes here. */
  relay (source: Readable): void {
    const relay = new Relay(source, data => { this.#add({ data, own: false, inLine: false }) }, () => { this.#relays.delete(relay) })
    this.#relays.add(relay)
    if (this.#paused) relay.pause()
  }

  /** Looks whether stdout can be written to at all: see {@link failure}. */
  probe (): void {
    try {
      this.#parts.write(Buffer.alloc(0))
    } catch (err) {
      if (!isFull(err) && !isGone(err)) this.failure = err as Error
    }
  }

  /** Writes what there is room for in this moment: there is no other. */
  flush (): void {
    this.#cancelRetry?.()
    this.#write()
  }

  /** Resolves when all is written that the workers which have ended left behind, after so many milliseconds at the latest. */
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

/** The output of this process: to be opened once. */
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

/** A reader that does not read must not keep a process that has ended everything else. */
function afterIfAlive (delay: number, run: () => void): () => void {
  const timer = setTimeout(run, delay).unref()
  return () => { clearTimeout(timer) }
}

function countLines (data: Buffer): number {
  let count = 0
  for (let at = data.indexOf(NEWLINE); at !== -1; at = data.indexOf(NEWLINE, at + 1)) count++
  return count
}
