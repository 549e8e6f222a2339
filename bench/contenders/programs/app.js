// The app that every contender serves.
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import v8 from 'node:v8'
import vm from 'node:vm'
import Fastify from 'fastify'
import { worker } from './announce.js'

const { BENCH_TLS } = process.env // where the key and the certificate are

/** Milliseconds: longer than any workload leaves a connection idle, on a slow machine too. Fastify's default is 72 s. */
const KEEP_ALIVE = 600_000

export function createApp () {
  const app = Fastify({
    keepAliveTimeout: KEEP_ALIVE,
    ...(BENCH_TLS !== undefined && { https: { key: readFileSync(`${BENCH_TLS}/key.pem`), cert: readFileSync(`${BENCH_TLS}/cert.pem`) } })
  })
  app.get('/', async () => ({ hello: 'world' })) // 17 bytes
  app.get('/who', async () => ({ worker }))
  app.get('/from', async request => ({ worker, port: request.socket.remotePort }))
  app.get('/wait/:ms', async request => {
    await sleep(Number(request.params.ms))
    return { worker, port: request.socket.remotePort }
  })
  app.get('/block/:ms', async request => {
    const from = now()
    block(Number(request.params.ms))
    return { worker, from, until: now() }
  })
  app.get('/gc', async () => {
    gc()
    return { worker }
  })
  app.get('/hang', (request, reply) => {
    reply.hijack()
    reply.raw.writeHead(200)
    reply.raw.write(JSON.stringify({ pid: process.pid }), () => { block(Infinity) })
  })
  return app
}

/** Collects all garbage of this worker. */
function gc () {
  v8.setFlagsFromString('--expose-gc')
  vm.runInNewContext('gc')()
}

/** Blocks the event loop without using a CPU, as a synchronous call does that waits for something. */
function block (ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

/** The clock of the harness (client.js). */
function now () {
  return Number(process.hrtime.bigint()) / 1e6
}
