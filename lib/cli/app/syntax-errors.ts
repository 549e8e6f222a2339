import { createRequire } from 'node:module'
import { PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'

/** How Node begins the stack of a syntax error whose location it reports. */
const PLACE = /^(file:\S+):(\d+)\n/

/**
 * Adds the location of a syntax error in an ES module to the stack and the message of the error, or of its
 * cause. Node knows the location, but reports it only if nobody catches the error. The only other way to get
 * it is Node's REPL, which writes it into the stack. The REPL is loaded for this purpose only.
 */
export function locate (err: unknown): void {
  if (!(err instanceof Error)) return
  if (!isPlaceless(err)) return locate(err.cause)
  try {
    tellPlace(err)
  } catch {} // an app's exception handlers may prevent the REPL from starting: the error stays without its location
}

/**
 * Whether only Node knows the location of this error: it comes from the parser of ES modules, and has no
 * location yet.
 */
function isPlaceless (err: Error): boolean {
  return err instanceof SyntaxError && err.stack?.includes('compileSourceTextModule') === true
}

function tellPlace (err: Error): void {
  const { message } = err
  const { start } = createRequire(import.meta.url)('node:repl') as typeof import('node:repl')
  const server = start({ input: new PassThrough(), output: new PassThrough(), prompt: '', terminal: false, eval: (_code, _context, _file, done) => { done(err, undefined) } })
  server.emit('line', 'the error, please')
  server.close()
  const [place, url, line] = PLACE.exec(err.stack ?? '') ?? []
  if (place === undefined) return
  const at = `${fileURLToPath(url as string)}:${line}`
  err.stack = `${at}\n${(err.stack as string).slice(place.length).trimEnd()}`
  err.message = `${message} (${at})`
}
