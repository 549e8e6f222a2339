import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ledger } from './ledger.js'

const CHUNK = 64 * 1024

/** The records of a run: a folder with the ledger that the workers write. */
export class Records {
  readonly folder: string
  readonly ledgerPath: string
  readonly ledger: Ledger
  readonly #fd: number

  constructor () {
    this.folder = mkdtempSync(join(tmpdir(), 'soak-'))
    this.ledgerPath = join(this.folder, 'ledger')
    this.#fd = openSync(this.ledgerPath, 'a+')
    this.ledger = new Ledger(tail(this.#fd))
  }

  /** Keeps the folder, and adds these files, for finding out what happened. */
  keep (files: Record<string, readonly string[]>): void {
    closeSync(this.#fd)
    for (const [name, lines] of Object.entries(files)) writeFileSync(join(this.folder, name), lines.map(line => `${line}\n`).join(''))
  }

  remove (): void {
    closeSync(this.#fd)
    rmSync(this.folder, { recursive: true })
  }
}

/** Reads the text that was appended to an ASCII file since the last call. */
function tail (fd: number): () => string {
  const buffer = Buffer.alloc(CHUNK)
  let at = 0
  return () => {
    let text = ''
    for (;;) {
      const read = readSync(fd, buffer, 0, CHUNK, at)
      at += read
      text += buffer.toString('latin1', 0, read)
      if (read < CHUNK) return text
    }
  }
}
