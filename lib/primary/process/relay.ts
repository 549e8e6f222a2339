import type { Readable } from 'node:stream'

/** Bytes after which a line that has no end yet is passed on in pieces. */
const LONGEST_LINE = 2 ** 20

const NEWLINE = 10

/** What a process writes to its stdout, cut at the ends of lines. */
export class Relay {
  readonly #source: Readable
  readonly #pass: (lines: Buffer) => void
  /** The begin of a line. */
  #rest: Buffer[] = []
  #length = 0
  /** Whether what was passed on last is a piece of a line. */
  #inLine = false
  /** When something came last, by `performance.now()`. */
  readAt = 0

  /** `ended` is called when nothing more will come. */
  constructor (source: Readable, pass: (lines: Buffer) => void, ended: () => void) {
    this.#source = source
    this.#pass = pass
    source.on('data', (chunk: Buffer) => { this.#read(chunk) })
    source.on('error', () => {}) // it will close
    source.once('close', () => {
      this.#end()
      ended()
    })
  }

  pause (): void {
    this.#source.pause()
  }

  resume (): void {
    this.readAt = performance.now() // what has waited comes now
    this.#source.resume()
  }

  #read (chunk: Buffer): void {
    this.readAt = performance.now()
    const end = chunk.lastIndexOf(NEWLINE) + 1
    if (end > 0) {
      this.#passRest(chunk.subarray(0, end))
      this.#inLine = false
    }
    if (end < chunk.length) this.#keep(chunk.subarray(end))
  }

  #keep (begin: Buffer): void {
    this.#rest.push(begin)
    this.#length += begin.length
    if (this.#length < LONGEST_LINE) return
    this.#passRest()
    this.#inLine = true
  }

  #passRest (...more: Buffer[]): void {
    const parts = [...this.#rest, ...more]
    this.#rest = []
    this.#length = 0
    this.#pass(parts.length === 1 ? parts[0] as Buffer : Buffer.concat(parts))
  }

  /** A line that its writer did not live to end must not run into the next one. */
  #end (): void {
    if (this.#length > 0 || this.#inLine) this.#passRest(Buffer.from('\n'))
  }
}
