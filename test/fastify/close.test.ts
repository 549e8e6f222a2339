import Fastify from 'fastify'
import t from 'tap'
import { beforeClose } from '../../lib/fastify/close.js'

t.test("if there is nothing to wait for, close() begins at once, like Fastify's own", async t => {
  const order: string[] = []
  const fastify = Fastify()
  fastify.addHook('onClose', async () => { order.push('closed') })
  await fastify.ready()
  const { close } = fastify
  fastify.close = ((done?: () => void) => {
    order.push('Fastify\'s close()')
    return done === undefined ? (close as () => unknown).call(fastify) : (close as (done: () => void) => unknown).call(fastify, done)
  }) as typeof fastify.close
  beforeClose(fastify, () => { order.push('first') })
  const closed = fastify.close()
  order.push('returned')
  await closed
  t.same(order, ['first', 'Fastify\'s close()', 'returned', 'closed'])
})

t.test('with a callback, close() calls back in the same order as without the plugin, and returns the instance', async t => {
  const fastify = Fastify()
  await fastify.ready()
  beforeClose(fastify, () => {})
  await new Promise<void>(resolve => {
    t.equal((fastify.close as (done: () => void) => unknown)(resolve), fastify)
  })
})

t.test('all calls of close() wait for the function that runs first, which is called once', async t => {
  let calls = 0
  let finish = (): void => {}
  const fastify = Fastify()
  await fastify.ready()
  beforeClose(fastify, async () => {
    calls++
    await new Promise<void>(resolve => { finish = resolve })
  })
  const order: string[] = []
  const closed = [
    fastify.close().then(() => { order.push('closed') }),
    new Promise<void>(resolve => { fastify.close(resolve) }).then(() => { order.push('closed') })
  ]
  await new Promise(setImmediate)
  order.push('finished')
  finish()
  await Promise.all(closed)
  t.same(order, ['finished', 'closed', 'closed'])
  t.equal(calls, 1)
})

t.test('an invalid callback throws, as without the plugin, and nothing has begun', async t => {
  const fastify = Fastify()
  await fastify.ready()
  let begun = false
  beforeClose(fastify, () => { begun = true })
  t.throws(() => { fastify.close('done' as unknown as () => void) }, { code: /CALLBACK_NOT_FN/ })
  t.notOk(begun)
  await fastify.close()
  t.ok(begun)
})
