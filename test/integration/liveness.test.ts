import { readFileSync } from 'node:fs'
import t from 'tap'
import { attempt, keptAlive } from '../client.js'
import { countServed, descriptors, inTurn, hooked, perLane, request, start, whoServes } from '../helper.js'

const STOPPED = { code: 0, signal: null }
const TIMEOUT = 3_000

perLane(t, 'a worker whose event loop is blocked is reported, killed and replaced, and connections that it had not taken are answered', async (t, lane) => {
  const app = start(t, 'app.mjs', { options: { workers: 1, lane, livenessTimeout: TIMEOUT } })
  const url = await app.url()
  const [pid] = await app.workers(1)
  const before = descriptors(app.pid)
  const hanging = attempt(`${url}/hang`)
  await app.event('hangs')
  const waiting = [attempt(url), attempt(url), attempt(url)]
  t.match(await app.event('stalled'), { level: 40, workerId: 1, workerPid: pid })
  t.match(await app.event('worker-hung'), { level: 50, workerId: 1, state: 'sleeping' })
  t.match(await app.event('worker-exit'), { level: 50, signal: 'SIGKILL', msg: 'worker 1 was killed by its primary' })
  t.match(await hanging, { error: { code: 'ECONNRESET' } })
  for (const { answer } of await Promise.all(waiting)) t.match(answer, { status: 200, body: '{"worker":2' })
  await app.stats(({ workers }) => workers.length === 1 && descriptors(app.pid) === before)
  t.same(await app.stop(), STOPPED)
})

t.test('a worker that is stopped by a signal is killed as well, and the others keep serving', async t => {
  const app = start(t, 'app.mjs', { options: { workers: 2, livenessTimeout: TIMEOUT, ...inTurn } })
  const url = await app.url()
  const [pid] = await app.workers(2) as [number]
  process.kill(pid, 'SIGSTOP')
  t.match(await app.event('worker-hung'), { workerId: 1, state: 'stopped by a signal' })
  await app.workers(3)
  t.same([...(await countServed(url, 10)).keys()].sort(), [2, 3])
  t.same(await app.stop(), STOPPED)
})

t.test('a worker that recovers in time is left alone, and the duration is logged', async t => {
  const app = start(t, 'app.mjs', { options: { workers: 1 } })
  const url = await app.url()
  t.match(await request(`${url}/block/4600`), { status: 200 })
  await app.event('stalled')
  await app.event('stall', ({ duration }) => Number(duration) >= 4_500)
  t.equal(await whoServes(url), 1)
  t.same(await app.stop(), STOPPED)
})

t.test('a primary that was stopped for longer than that kills no worker: it could not receive their pulses', async t => {
  const app = start(t, 'app.mjs', { options: { workers: 2, livenessTimeout: 2_000 } })
  const url = await app.url()
  await app.workers(2)
  const agent = keptAlive()
  t.teardown(() => { agent.destroy() })
  await request(url, { agent })
  process.kill(app.pid, 'SIGSTOP')
  await request(`${url}/after/4000`, { agent }) // the worker is alive all the time
  process.kill(app.pid, 'SIGCONT')
  await request(`${url}/after/2500`, { agent })
  const { workers } = await app.stats()
  t.same(workers.map(({ id, state }) => [id, state]), [[1, 'ready'], [2, 'ready']])
  t.same(app.failures, [])
  t.same(await app.stop(), STOPPED)
})

t.test('a worker whose inspector is open may be blocked for any time', async t => {
  // Otherwise its port would be the one after the primary's, which may be in use.
  const anyPort = 'data:text/javascript,import cluster from "node:cluster"; cluster.setupPrimary?.({ inspectPort: 0 })'
  const app = start(t, 'app.mjs', { options: { workers: 1, livenessTimeout: 2_000 }, execArgv: ['--inspect=127.0.0.1:0', '--import', anyPort] })
  const url = await app.url()
  t.match(await request(`${url}/block/4500`), { status: 200 })
  t.equal(await whoServes(url), 1)
})

t.test('killed workers leave no zombies', async t => {
  const app = start(t, 'app.mjs', { options: { workers: 3 } })
  await app.url()
  for (const pid of await app.workers(3)) process.kill(pid, 'SIGKILL')
  await app.workers(6)
  await app.events('worker-exit', 3)
  const children = readFileSync(`/proc/${app.pid}/task/${app.pid}/children`, 'utf8').trim().split(' ')
  t.equal(children.length, 3)
  for (const pid of children) t.notMatch(readFileSync(`/proc/${pid}/stat`, 'utf8'), /\) Z /)
  t.same(await app.stop(), STOPPED)
})

t.test('a SIGKILL from another process may have been the kernel, and the log says so', async t => {
  const app = start(t, 'app.mjs', { options: { workers: 1 } })
  await app.url()
  const [pid] = await app.workers(1) as [number]
  process.kill(pid, 'SIGKILL')
  t.match(await app.event('worker-exit'), { level: 50, code: null, signal: 'SIGKILL', msg: 'worker 1 crashed: killed by SIGKILL, possibly by the kernel because memory ran out (see dmesg)' })
})

t.test('a worker that does not exit within its grace is killed, and the processes that it leaves are logged', async t => {
  const app = start(t, 'supervised.mjs', { options: { workers: 1, grace: 500 } })
  const url = await app.url()
  const { child } = JSON.parse((await request(`${url}/stay`)).body)
  t.same(await app.stop(), STOPPED)
  t.match(app.lines.filter(({ event }) => event === 'worker-kill' || event === 'worker-children'), [
    { event: 'worker-kill', level: 40, workerId: 1 },
    { event: 'worker-children', level: 40, workerId: 1, children: [{ pid: child, command: 'sleep' }] }
  ])
  t.same(app.processes(), [child], 'it has no parent of ours now')
})

perLane(t, 'the primary never dies of a worker: one that sends an invalid message is killed and replaced', async (t, lane) => {
  const app = start(t, 'garbage.mjs', { ...hooked, options: { workers: 1, lane } })
  const url = await app.url()
  await attempt(`${url}/garbage`)
  t.match(await app.event('lane-error'), { level: 50, workerId: 1, err: { message: /it sent an invalid message: .*'closed'/ } })
  await app.workers(2)
  t.equal(await whoServes(url), 2)
  t.same(await app.stop(), STOPPED)
})

t.test('the primary never dies of a worker: one that acks what it was not sent is killed and replaced [ipc]', async t => {
  const app = start(t, 'garbage.mjs', { options: { workers: 1, lane: 'ipc' } })
  const url = await app.url()
  await attempt(`${url}/ack`)
  t.match(await app.event('lane-error'), { workerId: 1, err: { message: /^it acknowledged a frame that it was not sent: number 1099511627776,/ } })
  await app.workers(2)
  t.equal(await whoServes(url), 2)
  t.same(await app.stop(), STOPPED)
})
