import t from 'tap'
import type { WorkerStats } from '../../types/index.js'
import { type App, request, start } from '../helper.js'

const STOPPED = { code: 0, signal: null }

// These tests do not depend on the lane. A busy machine causes stalls of its own. The stalls of these tests
// are longer than most of those, and each test looks only for its own.
const STALL_AFTER = 300

async function isWatched (url: string): Promise<boolean> {
  return (JSON.parse((await request(`${url}/watched`)).body) as { watched: boolean }).watched
}

/** Keeps the only worker busy until a promise resolves. */
async function busyUntil<T> (url: string, happened: Promise<T>): Promise<T> {
  const done = new AbortController()
  const end = happened.finally(() => { done.abort() })
  const work = Array.from({ length: 4 }, async () => { while (!done.signal.aborted) await request(`${url}/block/20`) })
  await Promise.all([...work, end])
  return await end
}

/** The primary's stats of the only worker, once they are as expected. */
async function worker (app: App, is: (worker: WorkerStats) => boolean): Promise<WorkerStats> {
  const { workers: [worker] } = await app.stats(({ workers }) => workers.some(is))
  return worker as WorkerStats
}

t.test('a blocking handler is reported: the first time among the possible causes, then as the cause', async t => {
  const app = start(t, 'event-loop.mjs', { options: { workers: 1, stallAfter: STALL_AFTER } })
  const url = await app.url()
  const [pid] = await app.workers(1)
  t.match(await request(`${url}/block/600?secret=1`), { status: 200 })
  const first = await app.event('stall', ({ requests }) => (requests as string[] | undefined)?.includes('GET /block/600') === true)
  t.match(first, { level: 40, workerId: 1, workerPid: pid, msg: /^worker 1: event loop blocked for \d+ ms, possibly in .*GET \/block\/600/ })
  t.ok(Number(first.duration) >= 580)
  t.ok(await isWatched(url), 'from now on')
  await request(`${url}/block/900?secret=1`)
  const second = await app.event('stall', ({ route }) => route === 'GET /block/:ms')
  t.match(second, { level: 40, workerId: 1, msg: /^worker 1: event loop blocked for \d+ ms in GET \/block\/:ms/ })
  t.ok(Number(second.duration) >= 900, 'the handler is identified')
  t.ok((await worker(app, ({ stalls }) => stalls >= 2)).stalls >= 2)
  t.notMatch(app.raw.join('\n'), /secret/)
  t.same(await app.stop(), STOPPED)
})

t.test('a handler that blocks after an await is among the possible causes', async t => {
  const app = start(t, 'event-loop.mjs', { options: { workers: 1, stallAfter: STALL_AFTER } })
  const url = await app.url()
  t.match(await request(`${url}/pause-block/600?secret=1`), { status: 200 })
  const { duration, route } = await app.event('stall', ({ requests }) => (requests as string[] | undefined)?.includes('GET /pause-block/600') === true)
  t.ok(Number(duration) >= 580)
  t.equal(route, undefined)
  t.same(await app.stop(), STOPPED)
})

t.test('a block outside of all requests is reported too', async t => {
  const app = start(t, 'event-loop.mjs', { options: { workers: 1, stallAfter: STALL_AFTER } })
  const url = await app.url()
  t.match(await request(`${url}/timer/1500`), { status: 200 })
  t.match(await app.event('stall', ({ duration }) => Number(duration) >= 1_400), { level: 40, workerId: 1 })
  t.same(await app.stop(), STOPPED)
})

t.test('in a worker that has never stalled, handlers are not traced, and nothing is reported', async t => {
  const app = start(t, 'event-loop.mjs', { options: { workers: 1, stallAfter: 1_000_000 } })
  const url = await app.url()
  await request(`${url}/block/600`)
  const { stalls } = await worker(app, ({ delay }) => delay >= 580)
  t.equal(stalls, 0)
  t.notOk(await isWatched(url))
  t.same(await app.stop(), STOPPED)
  t.same(app.lines.filter(({ event }) => event === 'stall'), [])
})

t.test('a worker whose inspector is open never stalls', async t => {
  const app = start(t, 'event-loop.mjs', { options: { workers: 1, stallAfter: STALL_AFTER }, execArgv: ['--inspect=127.0.0.1:0'] })
  const url = await app.url()
  await request(`${url}/block/600`)
  const { stalls } = await worker(app, ({ delay }) => delay >= 580)
  t.equal(stalls, 0)
  t.notOk(await isWatched(url))
  t.same(await app.stop(), STOPPED)
  t.same(app.lines.filter(({ event }) => event === 'stall'), [])
})

t.test('stats() show the utilization of each event loop, and without limits no worker is saturated', async t => {
  const app = start(t, 'event-loop.mjs', { options: { workers: 1 }, env: { LEVEL: 'debug' } })
  const url = await app.url()
  const busy = await busyUntil(url, worker(app, ({ utilization }) => utilization > 0.9))
  t.ok(busy.utilization <= 1)
  t.equal(busy.saturated, false)
  await worker(app, ({ utilization }) => utilization < 0.5)
  t.same(await app.stop(), STOPPED)
  t.same(app.lines.filter(({ event }) => event === 'saturated'), [])
})

t.test('a worker that is over a limit is saturated until it is below it', async t => {
  const app = start(t, 'event-loop.mjs', { options: { workers: 1, saturation: { utilization: 0.9 } }, env: { LEVEL: 'debug' } })
  const url = await app.url()
  await busyUntil(url, worker(app, ({ saturated }) => saturated))
  t.match(await app.event('saturated'), { level: 20, workerId: 1, reason: 'utilization' })
  await worker(app, ({ saturated }) => !saturated)
  t.match(await app.event('saturation-end'), { level: 20, workerId: 1 })
  t.same(await app.stop(), STOPPED)
})
