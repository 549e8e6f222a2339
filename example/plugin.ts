// An ordinary Fastify app, and one line more: fastify.register(sharedPort, ...).
//
//   npx tsx example/plugin.ts
import Fastify from 'fastify'
import sharedPort from 'shared-fastify'

const fastify = Fastify({ logger: true })

fastify.register(sharedPort, { workers: 4 })

fastify.get('/', async () => ({ worker: fastify.sharedPort.workerId }))

await fastify.listen({ port: Number(process.env['PORT'] ?? 3000) })
