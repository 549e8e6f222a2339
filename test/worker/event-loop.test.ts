import type { IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { EventLoop, type LastSecond } from '../../lib/worker/event-loop.js'
import type { Seen } from '../../lib/worker/handlers.js'

function block (ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

/** This process's own event loop, with simulated requests and handlers. */
function create ({ stallAfter = 150, debugged = false, suspects = [] as string[] } = {}) {
  let seen: Seen = { settled: [] }
  let watched = 0
  const eventLoop = new EventLoop({
    handlers: {
      watch () { watched++ },
      take () {
        const taken = seen
        seen = { settled: [] }
        return taken
      },
      nameOf: ({ url }) => `GET ${url}`
    },
    suspects: () => suspects.map(url => ({ url }) as IncomingMessage),
    debugged: () => debugged
  })
  return {
    eventLoop,
    watched: () => watched,
    begin () { eventLoop.begin(stallAfter) },
    /** Blocks, while this is seen of the handlers. On a busy machine there may be more stalls by chance. */
    async after (ms: number, whatIsSeen: Seen = { settled: [] }): Promise<LastSecond> {
      await sleep(50)
      eventLoop.read()
      seen = whatIsSeen
      block(ms)
      return eventLoop.read()
    }
  }
}

t.test('before begin() it reports nothing, however the app blocks', async t => {
  const { after } = create()
  t.same(await after(200), { utilization: 0, delay: 0, stalls: 0 })
})

t.test('a block causes a delay, utilization and a stall, which is reported once', async t => {
  const { begin, after, eventLoop, watched } = create()
  begin()
  const { utilization, delay, stalls, stall } = await after(200)
  t.ok(delay >= 180)
  t.ok(utilization > 0.5 && utilization <= 1)
  t.ok(stalls >= 1)
  t.ok(Number(stall?.duration) >= 180)
  t.equal(watched(), stalls, 'and handlers are traced from each one on')
  t.same(eventLoop.last, { utilization, delay, stalls })
  const next = eventLoop.read()
  t.notOk('stall' in next)
  t.equal(next.stalls, stalls)
  t.ok(next.delay < 180)
})

t.test('a shorter block only causes a delay', async t => {
  const { begin, after, watched } = create({ stallAfter: 1_000_000 })
  begin()
  const { delay, stalls, stall } = await after(200)
  t.ok(delay >= 180)
  t.same([stalls, stall, watched()], [0, undefined, 0])
})

t.test('its own timer notices a block too, before anybody reads', async t => {
  const { begin, eventLoop, watched } = create()
  begin()
  await sleep(50)
  block(200)
  while (watched() === 0) await sleep(1)
  t.ok(Number(eventLoop.read().stall?.duration) >= 180)
})

t.test('the longest stall of a second is reported, and all are counted', async t => {
  const { begin, eventLoop } = create()
  begin()
  for (const ms of [200, 400, 200]) {
    await sleep(50)
    block(ms)
  }
  await sleep(50)
  const { stalls, stall, delay } = eventLoop.read()
  t.ok(stalls >= 3)
  t.ok(Number(stall?.duration) >= 380)
  t.ok(delay >= 380)
})

t.test('a traced handler that blocked is the route, with its duration', async t => {
  const { begin, after } = create({ suspects: ['/other'] })
  begin()
  const { stall } = await after(200, { longest: { name: 'GET /a/:id', took: 100_000 }, settled: ['GET /b'] })
  t.same(stall, { duration: 100_000, route: 'GET /a/:id' })
})

t.test('a handler that took the smaller part of the block is not the route', async t => {
  const { begin, after } = create({ suspects: ['/a'] })
  begin()
  const { stall } = await after(200, { longest: { name: 'GET /a/:id', took: 20 }, settled: [] })
  t.match(stall, { requests: ['GET /a'] })
  t.notOk('route' in (stall as object))
})

t.test('without a route there are suspects: first settled handlers, each once, five at most', async t => {
  const { begin, after } = create({ suspects: ['/a', '/b', '/a', '/c', '/d', '/e'] })
  begin()
  const { stall } = await after(200, { settled: ['GET /z', 'GET /b', 'GET /z'] })
  t.same(stall?.requests, ['GET /z', 'GET /b', 'GET /a', 'GET /c', 'GET /d'])
})

t.test('a block while a debugger may be holding the process is not a stall', async t => {
  const { begin, after, watched } = create({ debugged: true })
  begin()
  const { delay, stalls, stall } = await after(200)
  t.ok(delay >= 180)
  t.same([stalls, stall, watched()], [0, undefined, 0])
})

t.test('an idle second has little utilization, whatever was before', async t => {
  const { begin, eventLoop } = create()
  begin()
  block(1_000)
  t.ok(eventLoop.read().utilization > 0.5)
  await sleep(500)
  t.ok(eventLoop.read().utilization < 0.5)
})
