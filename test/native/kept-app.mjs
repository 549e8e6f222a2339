// An app whose workers can be stopped, or made to end, while a connection leaves them: see kept-steps.test.ts.
import { existsSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isProxy } from 'node:util/types'
import Fastify, { LogController } from 'fastify'
import sharedPort from 'shared-fastify'

const fastify = Fastify({ logger: { level: 'info' }, logController: new LogController({ disableRequestLogging: true }) })
fastify.register(sharedPort, JSON.parse(process.env.OPTIONS))
const sockets = new Set()
fastify.server.on('connection', socket => {
  sockets.add(socket)
  socket.once('close', () => { sockets.delete(socket) })
})
fastify.get('/', async () => process.pid)
// Blocks the event loop until there is a file of this name, once all other connections have been parked.
fastify.get('/block/:name', async request => {
  while ([...sockets].some(socket => socket !== request.raw.socket && !isParked(socket))) await delay(1) // a loop without a pause counts as saturated
  writeSync(1, `${JSON.stringify({ event: 'blocks', pid: process.pid })}\n`)
  while (!existsSync(join(process.env.GO, request.params.name))) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
  return process.pid
})
process.on('SIGUSR2', () => { fastify.sharedPort.stats().then(stats => { fastify.log.info({ event: 'stats', stats }) }) })
await fastify.listen(JSON.parse(process.env.LISTEN))

/** guard() in lib/platform/node-internals/connection.ts stands in front of the handle of a parked connection. */
function isParked (socket) {
  return isProxy(socket._handle)
}
