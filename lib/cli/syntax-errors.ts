import { readFileSync } from 'node:fs'
import { Session } from 'node:inspector'
import { fileURLToPath } from 'node:url'
import { isPlaceless } from './exit.js'

/** The name by which the inspector is shown an error. */
const SHOWN = 'sharedFastifySyntaxError'

interface Place { lineNumber: number, columnNumber: number }

/**
 * Says where syntax errors in ES modules are. Node itself does only where nobody catches them; this
 * process's own inspector, which needs no port, can be asked. That costs a start some 50 ms.
 */
export class SyntaxErrors {
  readonly #session = new Session()
  /** The last file that could not be parsed. */
  #file: string | undefined

  constructor () {
    this.#session.connect()
    this.#session.on('Debugger.scriptFailedToParse', ({ params: { url } }) => { this.#file = url.startsWith('file:') ? fileURLToPath(url) : undefined })
    this.#session.post('Debugger.enable')
    this.#session.post('Debugger.setSkipAllPauses', { skip: true }) // nobody could go on after a `debugger` statement
  }

  /** Gives the error, or what it was caused by, a stack that begins as Node's own words would: the file, the line, and its text. */
  locate (err: unknown): void {
    if (!(err instanceof Error)) return
    if (!isPlaceless(err)) return this.locate(err.cause)
    const place = this.#placeOf(err)
    if (place === undefined || this.#file === undefined) return
    const line = readFileSync(this.#file, 'utf8').split('\n')[place.lineNumber] ?? ''
    err.stack = `${this.#file}:${place.lineNumber + 1}\n${line}\n${' '.repeat(place.columnNumber)}^\n\n${err.name}: ${err.message}`
  }

  /** The app is loaded. */
  end (): void {
    this.#session.disconnect()
  }

  /** The inspector answers before post() returns. */
  #placeOf (err: Error): Place | undefined {
    const shared = globalThis as unknown as Record<string, unknown>
    let place: Place | undefined
    shared[SHOWN] = err
    this.#session.post('Runtime.evaluate', { expression: `globalThis.${SHOWN}` }, (_err, { result }) => {
      this.#session.post('Runtime.getExceptionDetails', { errorObjectId: result.objectId }, (_err: Error | null, answer?: object) => {
        place = (answer as { exceptionDetails?: Place } | undefined)?.exceptionDetails
      })
    })
    delete shared[SHOWN]
    return place
  }
}
