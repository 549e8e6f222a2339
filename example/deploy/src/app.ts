import type { FastifyInstance } from 'fastify'
import prometheus from 'prom-client'
import type {} from 'shared-fastify' // for the types of fastify.sharedPort

// What each worker measures: /metrics of the admin server adds it up. Node's own figures, as nodejs_* and process_*.
prometheus.collectDefaultMetrics()

// The app's own.
const greetings = new prometheus.Counter({ name: 'app_greetings_total', help: 'Greetings, by their language.', labelNames: ['language'] })

export default async function app (fastify: FastifyInstance): Promise<void> {
  fastify.get('/', async () => {
    greetings.inc({ language: 'en' })
    return { hello: 'world', worker: fastify.sharedPort.workerId }
  })
}
