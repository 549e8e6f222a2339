import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { FastifyInstance } from 'fastify'

/**
 * The channel on which Fastify publishes each new instance:
 * https://fastify.dev/docs/latest/Reference/Hooks/#diagnostics-channel-hooks
 */
const INITIALIZATION = 'fastify.initialization'

/** Calls `listener` for every Fastify instance that is made in this process, until the returned function is called. */
export function onFastify (listener: (fastify: FastifyInstance) => void): () => void {
  const onMessage = (message: unknown): void => { listener((message as { fastify: FastifyInstance }).fastify) }
  subscribe(INITIALIZATION, onMessage)
  return () => { unsubscribe(INITIALIZATION, onMessage) }
}
