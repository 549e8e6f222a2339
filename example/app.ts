import type { FastifyInstance } from 'fastify'
import type {} from 'shared-fastify' // for the types of fastify.sharedPort

// What `npm start` serves: a plugin, as fastify-cli takes it.
export default async function app (fastify: FastifyInstance): Promise<void> {
  fastify.get('/', async () => ({
    worker: fastify.sharedPort.workerId,
    pid: process.pid
  }))

  fastify.get('/stats', async () => await fastify.sharedPort.stats())
}
