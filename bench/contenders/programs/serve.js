// An ordinary Fastify app: a single process, or a worker of node:cluster or PM2.
import { announce } from './announce.js'
import { createApp } from './app.js'

const { BENCH_PORT, BENCH_REUSE_PORT } = process.env

const app = createApp()
await app.listen({
  port: Number(BENCH_PORT),
  host: '127.0.0.1',
  // exclusive: even a worker of node:cluster binds by itself.
  ...(BENCH_REUSE_PORT !== undefined && { reusePort: true, exclusive: true })
})
process.once('SIGINT', async () => { // how PM2 stops a worker
  await app.close()
  process.exit()
})
announce('worker')
