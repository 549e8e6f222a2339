import type { FastifyInstance } from 'fastify'
import { EventStream, onHappened } from './events.js'
import { type History, INTERVAL } from './history.js'
import type { Metrics } from './metrics.js'
import type { Operable } from './operable.js'

export interface LookParts {
  primary: Operable
  metrics: Metrics
  history: () => History
  /** Whether who may look may also steer. */
  steerable: boolean
}

/** Of Prometheus' text format: https://prometheus.io/docs/instrumenting/exposition_formats/ */
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** How many may follow what happens at a time: each is told every second, by the process that hands connections off. */
const MOST_FOLLOWERS = 64

/** What changes nothing: health, status, metrics, and what happens. */
export function addLooking (fastify: FastifyInstance, { primary, metrics, history, steerable }: LookParts): void {
  const status = (): object => ({ ...primary.status(), steerable })

  fastify.get('/livez', async () => ({ live: true }))

  fastify.get('/readyz', async (_request, reply) => {
    const { ready } = primary.status()
    return await reply.code(ready ? 200 : 503).send({ ready })
  })

  fastify.get('/status', async () => status())

  fastify.get('/metrics', async (_request, reply) => await reply.type(METRICS_TYPE).send(await metrics.text()))

  let followers = 0
  fastify.get('/events', { exposeHeadRoute: false }, async (request, reply) => {
    // A response behind another one that never ends would never be closed either: Node gives it no socket.
    if (reply.raw.socket === null) return await reply.code(400).send({ statusCode: 400, error: 'Bad Request', message: '/events takes a connection of its own' })
    if (followers === MOST_FOLLOWERS) return await reply.code(503).send({ statusCode: 503, error: 'Service Unavailable', message: `${MOST_FOLLOWERS} follow what happens already` })
    followers++
    reply.hijack()
    const stream = new EventStream(reply.raw)
    const { samples, happened } = history()
    const ends = [
      history().watch((sample, seen) => { stream.send('status', { ...seen, steerable, sample }) }),
      onHappened(primary, happened => { stream.send('happened', happened) })
    ]
    request.raw.socket.once('close', () => {
      followers--
      for (const end of ends) end()
    })
    stream.send('history', { interval: INTERVAL, samples, happened })
    stream.send('status', { ...status(), sample: samples.at(-1) ?? null })
  })
}
