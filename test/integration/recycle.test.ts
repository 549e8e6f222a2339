import t from 'tap'
import { attempt, load } from '../client.js'
import { descriptors, perLane, request, start } from '../helper.js'

const STOPPED = { code: 0, signal: null }

perLane(t, 'recycle.requests: each worker is replaced after that many, one at a time, and no request fails', async (t, lane) => {
  const app = start(t, 'app.mjs', { options: { workers: 2, lane, recycle: { requests: 50 } } })
  const url = await app.url()
  await app.workers(2)
  const before = descriptors(app.pid)
  let failed = 0
  while (app.lines.filter(({ event }) => event === 'recycle').length < 3) {
    failed += (await load(50, 4, async () => await attempt(url))).filter(({ answer }) => answer?.status !== 200).length
  }
  t.equal(failed, 0)
  for (const { reason, used, limit } of app.lines.filter(({ event }) => event === 'recycle')) {
    t.equal(reason, 'requests')
    t.ok(Number(used) >= Number(limit) && Number(limit) >= 45 && Number(limit) <= 50, `${used} of ${limit}`)
  }
  const { workers } = await app.stats(({ workers }) => workers.length === 2 && descriptors(app.pid) === before)
  for (const { id } of workers) t.ok(id > 2)
  t.same(app.failures, [])
  t.same(await app.stop(), STOPPED)
})

t.test('recycle.rss: a worker whose memory has grown is replaced, and one whose memory has not is kept', async t => {
  const app = start(t, 'app.mjs', { options: { workers: 2, recycle: { rss: '400mb', jitter: 0 } } })
  const url = await app.url()
  const { grown } = JSON.parse((await request(`${url}/grow/400`)).body)
  t.match(await app.event('recycle'), { workerId: grown, reason: 'rss', limit: 400 * 2 ** 20 })
  await app.event('worker-exit', ({ workerId }) => workerId === grown)
  const { workers } = await app.stats(({ workers }) => workers.length === 2)
  t.same(workers.map(({ id }) => id), [3 - grown, 3])
  t.same(app.failures, [])
  t.same(await app.stop(), STOPPED)
})

t.test('recycle.age: workers are replaced at that age', async t => {
  const app = start(t, 'app.mjs', { options: { workers: 2, recycle: { age: 1_500 } } })
  await app.url()
  for (const { reason } of await app.events('recycle', 2)) t.equal(reason, 'age')
  await app.events('worker-exit', 2)
  t.same(app.failures, [])
  t.same(await app.stop(), STOPPED)
})

t.test('a reload during a recycling replaces all workers, and completes', async t => {
  const app = start(t, 'app.mjs', { options: { workers: 2, recycle: { age: 1_000 } } })
  await app.url()
  await app.event('recycle')
  process.kill(app.pid, 'SIGHUP')
  await app.event('reload-end')
  const { workers } = await app.stats(({ workers }) => workers.every(({ generation }) => generation === 1))
  t.ok(workers.length >= 2)
  t.same(await app.stop(), STOPPED)
})
