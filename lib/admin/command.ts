import type { FastifyInstance } from 'fastify'
import type { Operable } from './operable.js'

/** Routes of the control socket only: stopping the primary, and setting the log level. */
export function addCommanding (fastify: FastifyInstance, primary: Operable): void {
  fastify.post('/stop', async (_request, reply) => {
    setImmediate(() => { primary.stop() }) // after the answer has been sent
    return await reply.code(202).send({ pid: process.pid })
  })

  fastify.post<{ Body: { level: string } }>('/log-level', {
    schema: { body: { type: 'object', required: ['level'], additionalProperties: false, properties: { level: { type: 'string' } } } }
  }, async ({ body: { level } }, reply) => {
    try {
      primary.setLogLevel(level)
      return { level }
    } catch (err) {
      return await reply.code(400).send({ statusCode: 400, error: 'Bad Request', message: (err as Error).message })
    }
  })
}
