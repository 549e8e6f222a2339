import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { FastifyInstance } from 'fastify'

/** What Fastify publishes whenever an instance is made: https://fastify.dev/docs/latest/Reference/Hooks/#diagnostics-channel-hooks */
const INITIALIZATION = 'fastify.initialization'

/** Calls `listener` with every Fastify instance, whoever makes it, until the returned function is called. */
export function onFastify (listener: (fastify: FastifyInstance) => void): () => void {
  const onMessage = (message: unknown): void => { listener((message as { fastify: FastifyInstance }).fastify) }
  subscribe(INITIALIZATION, onMessage)
  return () => { unsubscribe(INITIALIZATION, onMessage) }
}
