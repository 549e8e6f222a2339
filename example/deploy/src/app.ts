import type { FastifyInstance } from 'fastify'
import prometheus from 'prom-client'
import type {} from 'shared-fastify' // for the types of fastify.sharedPort

// Each worker collects its own metrics, and /metrics of the admin server adds them up. This collects Node's: nodejs_* and process_*.
prometheus.collectDefaultMetrics()

// The app's own.
const greetings = new prometheus.Counter({ name: 'app_greetings_total', help: 'Greetings, by their language.', labelNames: ['language'] })

export default async function app (fastify: FastifyInstance): Promise<void> {
  fastify.get('/', async () => {
    greetings.inc({ language: 'en' })
    return { hello: 'world', worker: fastify.sharedPort.workerId }
  })
}
