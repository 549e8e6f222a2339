// How to test an app that uses fastify.sharedPort: register the plugin with `workers: 0`. It then adds
// fastify.sharedPort with the role 'standalone', and starts no processes.
//
//   node --import tsx --test example/app.test.ts
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import Fastify, { type FastifyInstance } from 'fastify'
import sharedPort from 'shared-fastify'
import app from './app.js'

async function build (t: TestContext): Promise<FastifyInstance> {
  const fastify = Fastify()
  t.after(() => fastify.close())
  await fastify.register(sharedPort, { workers: 0 })
  await fastify.register(app)
  return fastify
}

test('the app answers', async t => {
  const fastify = await build(t)
  const response = await fastify.inject('/')
  assert.equal(response.statusCode, 200)
  assert.deepEqual(response.json(), { worker: 0, pid: process.pid })
})

test('stats() is empty without workers', async t => {
  const fastify = await build(t)
  const response = await fastify.inject('/stats')
  assert.deepEqual(response.json(), { workers: [], pending: 0, held: 0, shed: 0, listeners: [], ready: false })
})
