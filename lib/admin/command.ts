import type { FastifyInstance } from 'fastify'
import type { Operable } from './operable.js'

/** What only the control socket offers: to end the primary. */
export function addCommanding (fastify: FastifyInstance, primary: Operable): void {
  fastify.post('/stop', async (_request, reply) => {
    setImmediate(() => { primary.stop() }) // after the answer
    return await reply.code(202).send({ pid: process.pid })
  })
}
