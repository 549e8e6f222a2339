import { oneLine, plain, setIn } from '../platform/plain-text.js'

/** Fields that a readable line has as they are; pino-pretty writes all others as JSON does, in quotes. */
const BARE = new Set(['level', 'time', 'name', 'hostname', 'pid', 'caller', 'type', 'workerId'])

/** What a line of a log says, without what a terminal would obey, or take for a line of its own. The names of routes, for one, are the app's, and their parameters a client's. */
export function legible (line: string, messageKey = 'msg'): object {
  const fields = JSON.parse(line) as Record<string, unknown>
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [oneLine(name), typeof value === 'string' ? cleanText(name, value, messageKey) : clean(value)]))
}

function cleanText (name: string, text: string, messageKey: string): string {
  if (name === messageKey) return setIn(text)
  return BARE.has(name) ? oneLine(text) : plain(text)
}

/** Of errors, the stack is written line by line. */
function clean (value: unknown): unknown {
  if (typeof value === 'string') return plain(value)
  if (Array.isArray(value)) return value.map(clean)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [plain(name), clean(inner)]))
}
