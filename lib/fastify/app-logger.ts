import type { FastifyBaseLogger } from 'fastify'

// These functions work on an app's logger if it is pino's. Nothing is known about other loggers.

/** The parts of pino's logger that FastifyBaseLogger lacks. */
interface PinoLogger extends FastifyBaseLogger {
  levels: { values: Record<string, number> }
  bindings (): object
  setBindings (bindings: object): void
}

/** Pino's own levels. */
export const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']

/**
 * Adds bindings to every line of a logger. Bindings that the logger already has are not added, since pino
 * would write the name twice.
 */
export function markLog (logger: FastifyBaseLogger, whose: Record<string, unknown>): void {
  for (const log of pinoLoggers(logger)) {
    const said = log.bindings()
    const unsaid = Object.entries(whose).filter(([name]) => !(name in said))
    if (unsaid.length > 0) log.setBindings(Object.fromEntries(unsaid))
  }
}

/** The names of the levels that a logger has, custom ones included. Undefined if the logger is not pino's. */
export function levelsOf (logger: FastifyBaseLogger): string[] | undefined {
  const [log] = pinoLoggers(logger)
  return log === undefined ? undefined : [...Object.keys(log.levels.values), 'silent']
}

/**
 * Sets the level of a logger and of all loggers that inherit it. Returns false if the logger has no such
 * level. A logger that is not pino's is left alone.
 */
export function setLevel (logger: FastifyBaseLogger, level: string): boolean {
  const levels = levelsOf(logger)
  if (levels === undefined) return true
  if (!levels.includes(level)) return false
  for (const log of pinoLoggers(logger)) log.level = level
  return true
}

/** A SonicBoom, the stream through which pino writes to a descriptor, as far as it is used here. */
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

/**
 * The stream through which a logger writes to this process's stdout or stderr. Undefined if it writes
 * elsewhere, or through another kind of stream.
 */
export function standardStreamOf (logger: FastifyBaseLogger): Destination | undefined {
  const root = pinoLoggers(logger).at(-1)
  // The symbol is public as pino.symbols.streamSym, but an app with its own copy of pino has a different symbol.
  const symbol = root === undefined ? undefined : Object.getOwnPropertySymbols(root).find(isStream)
  const stream = symbol === undefined ? undefined : Reflect.get(root as object, symbol) as Partial<Destination>
  return (stream?.fd === 1 || stream?.fd === 2) && typeof stream.flushSync === 'function' ? stream as Destination : undefined
}

const isStream = ({ description }: symbol): boolean => description === 'pino.stream'

/**
 * A logger and its ancestors, up to the root. pino's child() makes loggers with Object.create(), and so does
 * Fastify with a `loggerInstance`. Each has its own bindings.
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
