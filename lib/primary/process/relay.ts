import type { Readable } from 'node:stream'

/** Bytes after which a line is passed on in pieces, if its end has not arrived. */
const LONGEST_LINE = 2 ** 20

const NEWLINE = 10

/** Reads what a process writes to its stdout, and passes on whole lines. */
export class Relay {
  readonly #source: Readable
  readonly #pass: (lines: Buffer) => void
  /** The beginning of a line. */
  #rest: Buffer[] = []
  #length = 0
  /** Whether the data passed on last ended in the middle of a line. */
  #inLine = false
  /** When data last arrived, by `performance.now()`. */
  readAt = 0

  /** `ended` is called when nothing more will arrive. */
  constructor (source: Readable, pass: (lines: Buffer) => void, ended: () => void) {
    this.#source = source
    this.#pass = pass
    source.on('data', (chunk: Buffer) => { this.#read(chunk) })
    source.on('error', () => {}) // 'close' follows
    source.once('close', () => {
      this.#end()
      ended()
    })
  }

  pause (): void {
    this.#source.pause()
  }

  resume (): void {
    this.readAt = performance.now() // data that has been waiting arrives now
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

  /** Ends an unfinished last line, so that the next process's line does not continue it. */
  #end (): void {
    if (this.#length > 0 || this.#inLine) this.#passRest(Buffer.from('\n'))
  }
}
