// The app that every contender serves.
import { readFileSync } from 'node:fs'
import Fastify from 'fastify'

const { BENCH_TLS } = process.env // where the key and the certificate are

export function createApp () {
  const app = Fastify(BENCH_TLS === undefined
    ? {}
    : { https: { key: readFileSync(`${BENCH_TLS}/key.pem`), cert: readFileSync(`${BENCH_TLS}/cert.pem`) } })
  app.get('/', async () => ({ hello: 'world' })) // 17 bytes
  app.get('/who', async () => ({ pid: process.pid }))
  app.get('/block/:ms', async request => {
    const from = now()
    block(Number(request.params.ms))
    return { pid: process.pid, from, until: now() }
  })
  app.get('/hang', (request, reply) => {
    reply.hijack()
    reply.raw.writeHead(200)
    reply.raw.write(JSON.stringify({ pid: process.pid }), () => { block(Infinity) })
  })
  return app
}

/** Blocks the event loop without using a CPU, as a synchronous call does that waits for something. */
function block (ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

/** The clock of the harness (client.js). */
function now () {
  return Number(process.hrtime.bigint()) / 1e6
}
