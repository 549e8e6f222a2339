import Fastify from 'fastify'
import t from 'tap'
import { addBinding, takePreCloseHooks } from '../../lib/fastify/fastify-internals.js'

t.test('addresses() includes the second address family for as long as the server listens', async t => {
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  await fastify.listen({ port: 0, host: '127.0.0.1' })
  const other = { address: '::1', family: 'IPv6', port: 3 }
  addBinding(fastify, other)
  t.same(fastify.addresses().slice(0, -1), [other])
  await fastify.close()
  t.same(fastify.addresses(), [])
})

t.test('addresses() includes the second address family if the plugin was registered in a scope', async t => {
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  fastify.register(async child => { addBinding(child, { address: '::1', family: 'IPv6', port: 3 }) })
  await fastify.listen({ port: 0, host: '127.0.0.1' })
  t.match(fastify.addresses(), [{ address: '::1' }, { address: '127.0.0.1' }])
})

t.test('preClose hooks are taken from all contexts or from none', async t => {
  const fastify = Fastify()
  let ran = 0
  fastify.addHook('preClose', async () => { ran++ })
  fastify.register(async () => {})
  await fastify.ready()
  const contexts = Object.getOwnPropertySymbols(fastify).find(({ description }) => description === 'fastify.children') as symbol
  const children = Reflect.get(fastify, contexts) as object[]
  children.push({}) // a context that keeps its hooks elsewhere
  t.equal(takePreCloseHooks(fastify), undefined)
  children.pop()
  await fastify.close()
  t.equal(ran, 1)
})
