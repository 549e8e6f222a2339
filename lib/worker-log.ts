import type { FastifyBaseLogger } from 'fastify'

/** What pino has beyond a logger that Fastify takes. */
interface Bindings { bindings? (): object, setBindings? (bindings: object): void }

/**
 * Lets every line of a pino logger say which worker wrote it. One that says so already is left as
 * it is, since pino would write the name twice; so is a logger that is not pino's.
 */
export function markLog (logger: FastifyBaseLogger, workerId: number): void {
  const log = logger as FastifyBaseLogger & Bindings
  if (log.bindings === undefined || log.setBindings === undefined) return
  if (!('workerId' in log.bindings())) log.setBindings({ workerId })
}
