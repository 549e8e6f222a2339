import type { FastifyBaseLogger } from 'fastify'

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const

export type SafeLog = Pick<FastifyBaseLogger, typeof LEVELS[number]>

/**
 * The log methods of an app's logger, none of which throws or rejects: one of the app's own may, and a line that
 * is not written must not change what this process does. The first failure is a warning of Node's, on stderr.
 */
export function safeLog (log: FastifyBaseLogger): SafeLog {
  let warned = false
  const onFailure = (err: unknown): void => {
    if (warned) return
    warned = true
    const detail = err instanceof Error ? err.stack : undefined
    process.emitWarning(`The logger of the app failed, and lines of shared-fastify are lost: ${String(err)}`, { type: 'SharedFastifyWarning', ...(detail !== undefined && { detail }) })
  }
  const methods = LEVELS.map(level => [level, (...args: unknown[]): void => {
    try {
      const result: unknown = Reflect.apply(log[level], log, args) // pino replaces its methods when its level changes
      if (result instanceof Promise) result.catch(onFailure)
    } catch (err) {
      onFailure(err)
    }
  }])
  return Object.fromEntries(methods) as SafeLog
}
