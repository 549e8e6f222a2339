import diagnostics from 'node:diagnostics_channel'
import type { IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { Handlers } from '../../lib/worker/handlers.js'
import { FakeClock } from '../fakes.js'

const isWatched = (): boolean => diagnostics.hasSubscribers('tracing:fastify.request.handler:start')

function block (ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

function create (t: Test): { fastify: FastifyInstance, handlers: Handlers, raw: IncomingMessage[] } {
  const fastify = Fastify()
  const raw: IncomingMessage[] = []
  fastify.addHook('onRequest', async request => { raw.push(request.raw) })
  fastify.get('/quick/:id', async () => ({}))
  fastify.get('/block/:id', async () => { block(100) })
  fastify.get('/throw/:id', () => {
    block(100)
    throw new Error('no')
  })
  fastify.get('/pause-block/:id', async () => {
    await sleep(1)
    block(100)
    return {}
  })
  fastify.get('/reject/:id', async () => {
    await sleep(1)
    throw new Error('no')
  })
  fastify.get('/serialize/:id', async () => ({ toJSON () { block(100) } }))
  t.teardown(async () => { await fastify.close() })
  return { fastify, handlers: new Handlers(), raw }
}

/** What was traced of one request. */
async function seen ({ fastify, handlers }: Pick<ReturnType<typeof create>, 'fastify' | 'handlers'>, url: string): Promise<ReturnType<Handlers['take']>> {
  handlers.take()
  await fastify.inject(url)
  return handlers.take()
}

t.test('it traces only when told to, and for 60 seconds from the last time on', async t => {
  const clock = new FakeClock()
  const handlers = new Handlers((delay, run) => clock.after(delay, run))
  t.notOk(isWatched())
  handlers.watch()
  t.ok(isWatched())
  clock.advance(59_000)
  handlers.watch()
  clock.advance(59_999)
  t.ok(isWatched())
  clock.advance(1)
  t.notOk(isWatched())
  handlers.watch()
  t.ok(isWatched(), 'and again')
  clock.advance(60_000)
  t.notOk(isWatched())
})

t.test('while it does not trace it returns nothing', async t => {
  t.same(await seen(create(t), '/block/7'), { settled: [] })
})

for (const [url, what] of [['/block/7', 'blocks'], ['/throw/7', 'blocks and throws'], ['/serialize/7', 'blocks when its answer is serialized']] as const) {
  t.test(`a handler that ${what} is identified by its route`, async t => {
    const { handlers, fastify } = create(t)
    handlers.watch()
    const { longest } = await seen({ handlers, fastify }, `${url}?secret=1`)
    t.equal(longest?.name, `GET ${url.replace('7', ':id')}`)
    t.ok(Number(longest?.took) >= 100)
    t.equal(handlers.take().longest, undefined, 'and reported once')
  })
}

t.test('a handler that blocks after an await is among those that have settled', async t => {
  const { handlers, fastify } = create(t)
  handlers.watch()
  const { longest, settled } = await seen({ handlers, fastify }, '/pause-block/7')
  t.same(settled, ['GET /pause-block/:id'])
  t.ok(Number(longest?.took) < 100, 'but it was not seen to block')
})

t.test('the last five settled handlers are kept, newest first, rejected ones too', async t => {
  const { handlers, fastify } = create(t)
  handlers.watch()
  await seen({ handlers, fastify }, '/quick/1')
  for (let i = 0; i < 5; i++) await fastify.inject('/quick/1')
  await fastify.inject('/reject/1')
  t.same(handlers.take().settled, ['GET /reject/:id', ...Array.from({ length: 4 }, () => 'GET /quick/:id')])
})

t.test('a request is named by its route if that was traced, otherwise by its path', async t => {
  const { handlers, fastify, raw } = create(t)
  await fastify.inject('/quick/1?secret=1')
  handlers.watch()
  await fastify.inject('/quick/2?secret=1')
  t.same(raw.map(request => handlers.nameOf(request)), ['GET /quick/1', 'GET /quick/:id'])
  const named = (method: string | undefined, url: string | undefined): string => handlers.nameOf({ method, url } as IncomingMessage)
  t.equal(named('GET', '/a;b=1'), 'GET /a')
  t.equal(named('GET', '/a#b'), 'GET /a')
  t.equal(named('GET', `/${'a'.repeat(1_000)}`).length, 200)
  t.equal(named(undefined, undefined), ' ')
})
