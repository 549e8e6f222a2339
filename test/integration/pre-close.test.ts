import t, { type Test } from 'tap'
import { Exchange } from '../client.js'
import { type App, inTurn, type Line, perLane, request, start, type StartOptions } from '../helper.js'

/** So long that a test would time out if anything waited for it. */
const NEVER = 600_000

const HOOKS = ['callback', 'child', 'grandchild', 'last']

interface Way {
  name: string
  options?: object
  /** Ends the worker that serves the events. */
  end (app: App, pid: number, url: string): unknown
}

const ways: Way[] = [
  { name: 'a stop', end: ({ pid }) => process.kill(pid, 'SIGTERM') },
  { name: 'a reload', end: ({ pid }) => process.kill(pid, 'SIGHUP') },
  { name: 'a scale-down', options: { workers: 2, ...inTurn }, end: ({ pid }) => process.kill(pid, 'SIGTTOU') },
  { name: 'a recycling', options: { recycle: { requests: 1, jitter: 0 } }, end () {} },
  { name: 'a SIGTERM to the worker', end: (_app, pid) => process.kill(pid, 'SIGTERM') },
  { name: 'close() in the worker', end: async (_app, _pid, url) => await request(`${url}/close`) },
  { name: 'close() in the primary', end: ({ pid }) => process.kill(pid, 'SIGWINCH') },
  { name: 'the end of the primary', end: ({ pid }) => process.kill(pid, 'SIGKILL') }
]

async function serve (t: Test, { options, ...more }: StartOptions = {}): Promise<{ app: App, url: string }> {
  const app = start(t, 'pre-close.mjs', { ...more, options: { workers: 1, grace: NEVER, ...options } })
  return { app, url: await app.url() }
}

async function open (url: string): Promise<Exchange> {
  const events = new Exchange(`${url}/events`)
  await events.end()
  await events.received('hello')
  return events
}

async function saysBye (t: Test, events: Exchange): Promise<void> {
  t.equal((await events.outcome).answer?.body, 'data: hello\n\ndata: bye\n\n')
}

const ranIn = (app: App, worker: number): Line[] => app.lines.filter(({ event, pid }) => event === 'hook' && pid === worker)

for (const { name, options, end } of ways) {
  perLane(t, `preClose hooks run when the drain begins, once, in Fastify's order, and end what keeps the server open: ${name}`, async (t, lane) => {
    const { app, url } = await serve(t, { options: { lane, ...options } })
    const pid = (await app.workers(1)).at(-1) as number
    const events = await open(url)
    const others = name === 'a scale-down' ? [await open(url)] : []
    await end(app, pid, url)
    await saysBye(t, name === 'a scale-down' ? await Promise.race([events, ...others].map(async open => { await open.outcome; return open })) : events)
    const { pid: worker } = await app.event('closed', ({ workerId }) => workerId !== undefined)
    t.same(ranIn(app, worker).map(({ hook }) => hook), HOOKS)
    t.ok(ranIn(app, worker).every(({ self }) => self), 'each with its context as this')
    const told = app.lines.filter(({ event, pid }) => event === 'draining' && pid === worker)
    t.match(told, [{ role: 'worker', draining: true }])
    t.equal(told.length, 1)
    t.match(app.lines.filter(({ event, pid }) => event === 'listener-error' && pid === worker), [{ listener: 'draining' }])
    if (name === 'a stop') {
      t.same(await app.ended, { code: 0, signal: null })
      t.match(app.lines.filter(({ event, role }) => event === 'draining' && role === 'primary'), [{ draining: true }])
    }
  })
}

t.test('a preClose hook that fails is logged, and those after it run', async t => {
  const { app, url } = await serve(t, { env: { HOOK: 'fails' } })
  const events = await open(url)
  process.kill(app.pid, 'SIGTERM')
  await saysBye(t, events)
  t.match(await app.event('pre-close'), { level: 50, err: { message: 'a hook that fails' } })
  t.same(await app.ended, { code: 0, signal: null })
})

t.test('a preClose hook that never ends is given up after pluginTimeout, and those after it run', async t => {
  const { app, url } = await serve(t, { env: { HOOK: 'never', PLUGIN_TIMEOUT: '1000' } })
  const events = await open(url)
  process.kill(app.pid, 'SIGTERM')
  await saysBye(t, events)
  t.match(await app.event('pre-close'), { level: 50, err: { message: /not finished after/ } })
  t.same(await app.ended, { code: 0, signal: null })
})

t.test('a preClose hook that never ends is given up when grace is over, and the worker exits by itself', async t => {
  const { app } = await serve(t, { options: { grace: 500 }, env: { HOOK: 'never' } })
  t.same(await app.stop(), { code: 0, signal: null })
  t.notOk(app.lines.some(({ event }) => event === 'worker-kill'))
  t.match(app.lines.filter(({ event }) => event === 'worker-exit'), [{ code: 0 }])
})

t.test("'draining' is emitted at the beginning of closeDelay, and the hooks run when it is over", async t => {
  const { app, url } = await serve(t, { options: { closeDelay: NEVER } })
  const events = await open(url)
  process.kill(app.pid, 'SIGTERM')
  const { pid } = await app.event('draining', ({ role }) => role === 'worker')
  await request(url)
  t.same(ranIn(app, pid), [])
  process.kill(app.pid, 'SIGINT')
  await saysBye(t, events)
  t.same(await app.ended, { code: 0, signal: null })
  t.equal(app.lines.filter(({ event, role }) => event === 'draining' && role === 'worker').length, 1)
  t.equal(app.lines.filter(({ event, role }) => event === 'draining' && role === 'primary').length, 1)
})

t.test("standalone: close() emits 'draining' once, before the hooks run", async t => {
  const { app, url } = await serve(t, { options: { workers: 0 } })
  const events = await open(url)
  process.kill(app.pid, 'SIGWINCH')
  await saysBye(t, events)
  t.same(await app.ended, { code: 0, signal: null })
  const told = app.lines.filter(({ event }) => event === 'draining')
  t.match(told, [{ role: 'standalone', draining: true }])
  t.equal(told.length, 1)
  t.ok(app.lines.findIndex(({ event }) => event === 'draining') < app.lines.findIndex(({ event }) => event === 'hook'))
})

t.test('an app that a worker makes while it drains gets the event as well', async t => {
  const app = start(t, 'late-app.mjs', { options: { workers: 1 } })
  await app.url()
  t.same(await app.stop(), { code: 0, signal: null })
  t.match(app.lines.filter(({ event }) => event === 'late-draining'), [{ draining: true }])
  t.equal(app.lines.filter(({ event }) => event === 'late-draining').length, 1)
})
