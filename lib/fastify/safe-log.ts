import type { FastifyBaseLogger } from 'fastify'

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const

export type SafeLog = Pick<FastifyBaseLogger, typeof LEVELS[number]>

/**
 * The log methods of an app's logger, wrapped so that they neither throw nor reject. A logger that the app
 * supplies may fail, and a lost log line must not change what this process does. The first failure is
 * reported with process.emitWarning(), on stderr.
 */
export function safeLog (log: FastifyBaseLogger): SafeLog {
  let warned = false
  const onFailure = (err: unknown): void => {
    if (warned) return
    warned = true
    const detail = err instanceof Error ? err.stack : undefined
    process.emitWarning(`The app's logger failed, and log lines of shared-fastify are lost: ${String(err)}`, { type: 'SharedFastifyWarning', ...(detail !== undefined && { detail }) })
  }
  const methods = LEVELS.map(level => [level, (...args: unknown[]): void => {
    try {
      const result: unknown = Reflect.apply(log[level], log, args) // looked up at each call: pino replaces its methods when its level changes
      if (result instanceof Promise) result.catch(onFailure)
    } catch (err) {
      onFailure(err)
    }
  }])
  return Object.fromEntries(methods) as SafeLog
}
