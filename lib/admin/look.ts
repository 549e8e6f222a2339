import type { FastifyInstance } from 'fastify'
import { Followers } from './followers.js'
import type { History } from './history.js'
import type { Metrics } from './metrics.js'
import type { Operable } from './operable.js'

export interface LookParts {
  primary: Operable
  metrics: Metrics
  history: () => History
  /** Whether clients of this server may also make changes. */
  steerable: boolean
}

/** Prometheus' text format: https://prometheus.io/docs/instrumenting/exposition_formats/ */
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** Adds the read-only routes: health, status, metrics and events. */
export function addLooking (fastify: FastifyInstance, { primary, metrics, history, steerable }: LookParts): void {
  const status = (): object => ({ ...primary.status(), steerable })

  fastify.get('/livez', async () => ({ live: true }))

  fastify.get('/readyz', async (_request, reply) => {
    const { ready } = primary.status()
    return await reply.code(ready ? 200 : 503).send({ ready })
  })

  fastify.get('/status', async () => status())

  fastify.get('/metrics', async (_request, reply) => await reply.type(METRICS_TYPE).send(await metrics.text()))

  const followers = new Followers(primary, history, steerable)
  fastify.get('/events', { exposeHeadRoute: false }, async (_request, reply) => {
    // On a pipelined connection, an endless response that queues behind another one would never be closed:
    // Node gives it no socket.
    if (reply.raw.socket === null) return await reply.code(400).send({ statusCode: 400, error: 'Bad Request', message: '/events cannot be pipelined: open a new connection for it' })
    reply.hijack()
    followers.add(reply.raw)
  })
}
