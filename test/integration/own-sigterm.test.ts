import t, { type Test } from 'tap'
import { attempt, Exchange, keptAlive, load, streamed } from '../client.js'
import { type App, perLane, request, start, type StartOptions } from '../helper.js'

/** So long that a test would time out if anything waited for it. */
const NEVER = 600_000

const OK = { code: 0, signal: null }

async function serve (t: Test, KIND: string, { options, env, ...more }: StartOptions = {}): Promise<{ app: App, url: string }> {
  const app = start(t, 'own-sigterm.mjs', { ...more, env: { KIND, ...env }, options: { workers: 1, grace: NEVER, ...options } })
  return { app, url: await app.url() }
}

const count = (app: App, name: string): number => app.lines.filter(({ event }) => event === name).length

const ways: Array<{ name: string, options?: object, end (app: App, url: string): unknown }> = [
  { name: 'a stop', end: ({ pid }) => process.kill(pid, 'SIGTERM') },
  { name: 'a stop by SIGINT', end: ({ pid }) => process.kill(pid, 'SIGINT') },
  { name: 'a reload', end: ({ pid }) => process.kill(pid, 'SIGHUP') },
  { name: 'a scale-down', options: { workers: 2 }, end: ({ pid }) => process.kill(pid, 'SIGTTOU') },
  { name: 'a recycling', options: { recycle: { requests: 1, jitter: 0 } }, end: async (_app, url) => await request(url) },
  { name: 'the end of the primary', end: ({ pid }) => process.kill(pid, 'SIGKILL') }
]

for (const { name, options, end } of ways) {
  perLane(t, `the app's own handlers of SIGTERM are called in a worker that ends by ${name}`, async (t, lane) => {
    const { app, url } = await serve(t, 'sync', { options: { lane, ...options } })
    await end(app, url)
    const { pid } = await app.event('own')
    t.match(await app.event('closed', ({ workerId }) => workerId !== undefined), { pid })
    t.match(app.lines.filter(line => line.event === 'own' && line.pid === pid), [{ signal: 'SIGTERM', number: 15, listening: false }])
    if (name !== 'the end of the primary') t.match(await app.event('worker-exit', ({ workerPid }) => workerPid === pid), OK)
  })
}

perLane(t, 'the handlers are called when the requests are answered', async (t, lane) => {
  const { app, url } = await serve(t, 'at-once', { options: { lane } })
  const open = new Exchange(`${url}/pipe`, streamed)
  await open.send('before, ')
  await open.received('before, ')
  process.kill(app.pid, 'SIGTERM')
  await app.event('drain')
  t.equal(count(app, 'own'), 0)
  await open.end('after')
  t.equal((await open.outcome).answer?.body, 'before, after')
  t.same(await app.ended, OK)
  t.equal(count(app, 'cleaned'), 1)
})

t.test('a reload under load of an app whose handler exits the process at once: no request fails', async t => {
  const { app, url } = await serve(t, 'at-once', { options: { workers: 2 } })
  await app.workers(2)
  const agent = keptAlive()
  let kept = 0
  const outcomes = await load(300, 6, async () => await attempt(url, kept++ % 2 === 0 ? { agent } : {}), ended => {
    if (ended === 50) process.kill(app.pid, 'SIGHUP')
  })
  t.same(outcomes.filter(({ answer }) => answer?.status !== 200), [])
  await app.event('reload-end')
  t.equal(count(app, 'cleaned'), 2)
})

for (const kind of ['promise', 'later', 'closes', 'closes-and-returns-nothing', 'nest', 'at-once']) {
  t.test(`a handler is called once and waited for, after Fastify has closed, once: ${kind}`, async t => {
    const { app } = await serve(t, kind, { env: { LEAKS: '1' } })
    t.same(await app.stop(), OK)
    t.same([count(app, 'own'), count(app, 'cleaned')], [1, 1])
    t.equal(app.lines.filter(({ event, workerId }) => event === 'closed' && workerId !== undefined).length, 1)
    t.match(app.lines.find(({ event }) => event === 'worker-exit'), OK)
  })
}

t.test('a handler that ends nothing does not keep a worker alive, whatever else is open in it', async t => {
  const { app } = await serve(t, 'sync', { env: { LEAKS: '1' } })
  t.same(await app.stop(), OK)
  t.equal(count(app, 'cleaned'), 1)
  t.equal(count(app, 'own-handlers'), 0)
})

for (const kind of ['never', 'never-and-returns-nothing']) {
  t.test(`a handler that is never done is given up when grace is over, and the worker exits by itself: ${kind}`, async t => {
    const { app } = await serve(t, kind, { options: { grace: 500 } })
    t.same(await app.stop(), OK)
    t.equal(count(app, 'own-handlers'), 1)
    t.equal(count(app, 'worker-kill'), 0)
    t.match(app.lines.find(({ event }) => event === 'worker-exit'), OK)
  })
}

t.test('a request, an onClose hook and a handler that are never done are each given up in time, and the worker exits by itself', async t => {
  const { app, url } = await serve(t, 'never', { options: { grace: 500 }, env: { HOOK: 'never', LEAKS: '1' } })
  const open = new Exchange(`${url}/pipe`, streamed)
  await open.send('before')
  await open.received('before')
  process.kill(app.pid, 'SIGTERM')
  t.equal((await open.outcome).error?.code, 'ECONNRESET')
  t.match(await app.event('worker-exit'), { code: 1, signal: null })
  t.match(app.lines.find(({ event }) => event === 'close-error'), { level: 50, workerId: 1 })
  t.same(['own', 'own-handlers', 'worker-kill'].map(event => count(app, event)), [1, 1, 0])
  t.ok(app.lines.findIndex(({ event }) => event === 'close-error') < app.lines.findIndex(({ event }) => event === 'own'))
})

t.test("a handler's exception is an uncaught exception, as after a signal", async t => {
  const { app } = await serve(t, 'rejects')
  process.kill(app.pid, 'SIGTERM')
  t.match(await app.event('worker-exit'), { code: 1, err: { message: 'a handler that fails' } })
  t.same(await app.ended, OK)
})

t.test('a SIGTERM to the worker itself reaches the handlers at once, and they are not called again', async t => {
  const { app, url } = await serve(t, 'later', { options: { workers: 1 } })
  const [pid] = await app.workers(1) as [number]
  t.equal((await request(url)).status, 200)
  process.kill(pid, 'SIGTERM')
  t.match(await app.event('worker-exit'), { workerPid: pid, ...OK })
  t.same([count(app, 'own'), count(app, 'cleaned')], [1, 1])
})

perLane(t, 'signals: false: the handlers are called when the primary closes', async (t, lane) => {
  const app = start(t, 'own-handlers.mjs', { options: { workers: 2, lane, signals: false } })
  await app.url()
  process.kill(app.pid, 'SIGTERM')
  t.same(await app.ended, OK)
  t.equal(app.lines.filter(({ event, workerId }) => event === 'closed' && workerId !== undefined).length, 2)
})

t.test('signals: false: a handler that is registered after listen() is called once by a signal to all processes', async t => {
  const { app } = await serve(t, 'promise-and-close', { options: { workers: 2, signals: false }, env: { LATE: '1' } })
  await app.events('handles', 3)
  process.kill(-app.pid, 'SIGTERM')
  t.same(await app.ended, OK)
  t.equal(count(app, 'own'), 3)
})

t.test('signals: false: when the app has removed its handler again, SIGTERM ends a worker', async t => {
  const { app } = await serve(t, 'promise-and-close', { options: { signals: false }, env: { REMOVED: '1' } })
  await app.event('removed')
  const [pid] = await app.workers(1) as [number]
  process.kill(pid, 'SIGTERM')
  t.match(await app.event('worker-exit'), { workerPid: pid, signal: 'SIGTERM' })
})

t.test('close-with-grace, in all processes: each closes, and exits with 0', async t => {
  const { app, url } = await serve(t, 'grace', { options: { workers: 2 } })
  const agent = keptAlive()
  t.equal((await request(url, { agent })).status, 200)
  t.same(await app.stop(), OK)
  t.equal(count(app, 'own'), 3)
  for (const line of app.lines.filter(({ event }) => event === 'worker-exit')) t.match(line, OK)
  t.same(app.failures, [])
})
