import { createRequire } from 'node:module'
import { PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'

/** How Node begins the stack of a syntax error whose place it tells. */
const PLACE = /^(file:\S+):(\d+)\n/

/**
 * Says where a syntax error in an ES module is, in the stack and the message of the error, or of what it was caused by. Node
 * knows, and tells where nobody catches the error; besides that, only its REPL makes it tell, which writes the place into
 * the stack. It is loaded for this alone.
 */
export function locate (err: unknown): void {
  if (!(err instanceof Error)) return
  if (!isPlaceless(err)) return locate(err.cause)
  try {
    tellPlace(err)
  } catch {} // an app's exception handlers may keep the REPL from starting: the error is told without the place
}

/** One that only Node can say the place of: it came from the parser of ES modules, and has no place yet. */
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
