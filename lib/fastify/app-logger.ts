import type { FastifyBaseLogger } from 'fastify'

// What is done to an app's logger, where it is pino's: of others nothing is known.

/** What pino has beyond a logger that Fastify takes. */
interface PinoLogger extends FastifyBaseLogger {
  levels: { values: Record<string, number> }
  bindings (): object
  setBindings (bindings: object): void
}

/** Pino's own levels. */
export const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']

/** Lets every line of a logger say who wrote it. What a line says already is left as it is, since pino would write the name twice. */
export function markLog (logger: FastifyBaseLogger, whose: Record<string, unknown>): void {
  for (const log of pinoLoggers(logger)) {
    const said = log.bindings()
    const unsaid = Object.entries(whose).filter(([name]) => !(name in said))
    if (unsaid.length > 0) log.setBindings(Object.fromEntries(unsaid))
  }
}

/** The names of the levels that a logger knows, its own included; undefined where it is not pino's. */
export function levelsOf (logger: FastifyBaseLogger): string[] | undefined {
  const [log] = pinoLoggers(logger)
  return log === undefined ? undefined : [...Object.keys(log.levels.values), 'silent']
}

/**
 * Sets the level of a logger, and so of all that have it from there. False where it knows no such
 * level; a logger that is not pino's is left alone.
 */
export function setLevel (logger: FastifyBaseLogger, level: string): boolean {
  const levels = levelsOf(logger)
  if (levels === undefined) return true
  if (!levels.includes(level)) return false
  for (const log of pinoLoggers(logger)) log.level = level
  return true
}

/** Pino's own way to a descriptor, a SonicBoom, as far as it is used here. */
export interface Destination {
  fd: number
  write (line: string): boolean
  flushSync (): void
  end (): void
  destroy (): void
  on (event: 'error', listener: (err: NodeJS.ErrnoException) => void): unknown
  once (event: 'drain' | 'write', listener: () => void): unknown
  once (event: 'error', listener: (err: NodeJS.ErrnoException) => void): unknown
}

/** By what a logger writes to this process's stdout or stderr; undefined where it writes elsewhere, or by something else. */
export function standardStreamOf (logger: FastifyBaseLogger): Destination | undefined {
  const root = pinoLoggers(logger).at(-1)
  // Public as pino.symbols.streamSym, but the app may have a pino of its own: its symbol is another.
  const symbol = root === undefined ? undefined : Object.getOwnPropertySymbols(root).find(isStream)
  const stream = symbol === undefined ? undefined : Reflect.get(root as object, symbol) as Partial<Destination>
  return (stream?.fd === 1 || stream?.fd === 2) && typeof stream.flushSync === 'function' ? stream as Destination : undefined
}

const isStream = ({ description }: symbol): boolean => description === 'pino.stream'

/**
 * A logger, and those that it was made from, up to the first: pino's child() makes them by
 * Object.create(). Fastify does so with a `loggerInstance`. The bindings are each one's own.
 */
function pinoLoggers (logger: FastifyBaseLogger): PinoLogger[] {
  const loggers: PinoLogger[] = []
  for (let log: object | null = logger; isPino(log); log = Object.getPrototypeOf(log) as object | null) loggers.push(log)
  return loggers
}

function isPino (log: object | null): log is PinoLogger {
  const { levels, bindings, setBindings } = (log ?? {}) as Partial<PinoLogger>
  return levels !== undefined && bindings !== undefined && setBindings !== undefined
}
