import { oneLine, plain, setIn } from '../platform/plain-text.js'

/** Fields that pino-pretty prints as they are. It prints all others as JSON, in quotes. */
const BARE = new Set(['level', 'time', 'name', 'hostname', 'pid', 'caller', 'type', 'workerId'])

/**
 * The fields of a log line without control characters, which a terminal would act on, and without line
 * breaks that could look like a new log line. They may come from outside: the names of routes are the app's,
 * and their parameters a client's.
 */
export function legible (line: string, messageKey = 'msg'): Record<string, unknown> {
  const fields = JSON.parse(line) as Record<string, unknown>
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [oneLine(name), typeof value === 'string' ? cleanText(name, value, messageKey) : clean(value)]))
}

function cleanText (name: string, text: string, messageKey: string): string {
  if (name === messageKey) return setIn(text)
  return BARE.has(name) ? oneLine(text) : plain(text)
}

/** pino-pretty prints the stack of an error line by line. */
function clean (value: unknown): unknown {
  if (typeof value === 'string') return plain(value)
  if (Array.isArray(value)) return value.map(clean)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [plain(name), clean(inner)]))
}
