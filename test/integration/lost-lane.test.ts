import t from 'tap'
import { attempt } from '../client.js'
import { descriptors, perLane, request, start, whoServes } from '../helper.js'

const LOST = { level: 50, err: { message: 'it has not acknowledged connections for 2000 ms, although its event loop is running' } }

perLane(t, 'a worker that has lost its lane is killed and replaced, and the connections that it was sent are answered', async (t, lane) => {
  const app = start(t, 'loses-lane.mjs', { options: { workers: 1, lane, livenessTimeout: 2_000 } })
  const url = await app.url()
  await app.stats(({ workers }) => workers.every(({ open }) => open === 0))
  const before = descriptors(app.pid)
  t.match(await request(`${url}/lose`), { status: 200 })
  const waiting = [attempt(url), attempt(url), attempt(url)]
  t.match(await app.event('lane-error'), { ...LOST, workerId: 1 })
  t.match(await app.event('worker-exit'), { workerId: 1, signal: 'SIGKILL' })
  for (const { answer } of await Promise.all(waiting)) t.match(answer, { status: 200, body: '{"worker":2' })
  t.same(app.lines.filter(({ event }) => event === 'stalled' || event === 'worker-hung'), [])
  await app.stats(({ workers }) => workers.length === 1 && descriptors(app.pid) === before)
  t.same(await app.stop(), { code: 0, signal: null })
})

t.test('a worker that does not answer a probe is killed and replaced, too; the others serve meanwhile', async t => {
  const app = start(t, 'loses-lane.mjs', { options: { workers: 2, lane: 'native', livenessTimeout: 2_000 } })
  const url = await app.url()
  const { worker } = JSON.parse((await request(`${url}/lose`)).body) as { worker: number }
  for (let i = 0; i < 4; i++) t.not(await whoServes(url), worker)
  t.match(await app.event('lane-error'), { ...LOST, workerId: worker })
  await app.workers(3)
  t.equal((await request(url)).status, 200)
})
