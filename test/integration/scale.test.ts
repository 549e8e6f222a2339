import t from 'tap'
import { attempt, load } from '../client.js'
import { type App, countServed, descriptors, hooked, inTurn, perLane, start, whoServes } from '../helper.js'
import { startReloadable } from '../reloadable.js'

const STOPPED = { code: 0, signal: null }

perLane(t, 'SIGTTIN adds a worker and SIGTTOU removes the newest, and no request fails', async (t, lane) => {
  const app = start(t, 'app.mjs', { options: { workers: 1, lane } })
  const url = await app.url()
  await app.workers(1)
  const before = descriptors(app.pid)
  let steps: Promise<void> | undefined
  const outcomes = await load(600, 4, async () => await attempt(url), ended => {
    if (ended === 20) steps = upAndDown(app)
  })
  await steps
  t.same(outcomes.filter(({ answer }) => answer?.status !== 200), [])
  const { workers } = await app.stats(({ workers }) => workers.length === 1 && descriptors(app.pid) === before)
  t.same(workers.map(({ id }) => id), [1])
  t.same(await app.stop(), STOPPED)
})

async function upAndDown (app: App): Promise<void> {
  process.kill(app.pid, 'SIGTTIN')
  await app.workers(2)
  process.kill(app.pid, 'SIGTTIN')
  await app.workers(3)
  process.kill(app.pid, 'SIGTTOU')
  await app.events('worker-exit', 1)
  process.kill(app.pid, 'SIGTTOU')
  await app.events('worker-exit', 2)
}

perLane(t, 'a worker added by scaling takes its turn like the others', async (t, lane) => {
  const app = start(t, 'app.mjs', { ...hooked, options: { workers: 2, lane, ...inTurn } })
  const url = await app.url()
  process.kill(app.pid, 'SIGTTIN')
  await app.workers(3)
  t.same([...(await countServed(url, 30)).values()], [10, 10, 10])
  t.same(await app.stop(), STOPPED)
})

perLane(t, 'an added worker that fails is not retried: the others keep serving, and the next one is tried', async (t, lane) => {
  const { app, become } = startReloadable(t, { workers: 1, lane, maxRestarts: { count: 0, within: 60_000 } })
  const url = await app.url()
  become('fail')
  process.kill(app.pid, 'SIGTTIN')
  t.match(await app.event('scale-failed'), { level: 40, workers: 1 })
  t.match(app.text, /new code is broken/)
  t.equal((await attempt(`${url}/generation`)).answer?.status, 200)
  become('mended')
  process.kill(app.pid, 'SIGTTIN')
  await app.workers(2)
  t.same(app.lines.filter(({ event }) => event === 'worker-replace'), [])
  t.same(await app.stop(), STOPPED)
})

t.test('the last worker cannot be removed', async t => {
  const app = start(t, 'app.mjs', { options: { workers: 1 } })
  const url = await app.url()
  process.kill(app.pid, 'SIGTTOU')
  t.match(await app.event('scale'), { level: 40, msg: 'cannot scale: the number of workers must be from 1 to 1024; it stays at 1' })
  t.equal(await whoServes(url), 1)
  t.same(await app.stop(), STOPPED)
})

t.test('scaling during a reload: the added worker is of the newest generation, and both complete', async t => {
  const app = start(t, 'app.mjs', { options: { workers: 2 } })
  await app.url()
  process.kill(app.pid, 'SIGHUP')
  await app.event('reload-start')
  process.kill(app.pid, 'SIGTTIN')
  await app.event('reload-end')
  const { workers } = await app.stats(({ workers }) => workers.length === 3 && workers.every(({ state }) => state === 'ready'))
  t.same(workers.map(({ generation }) => generation), [1, 1, 1])
  t.same(await app.stop(), STOPPED)
})

t.test('reload(), restart() and scale() reject wrong arguments, and calls at the wrong time', async t => {
  const app = start(t, 'steering.mjs', { ...hooked, options: { workers: 1 } })
  const after = await app.events('after', 3)
  const [before] = app.lines.filter(({ event }) => event === 'before')
  t.match(before, { code: 'SHARED_PORT_ERR_NOT_RUNNING', message: 'reload() works only in the primary, once its workers are ready and until it stops' })
  t.same(app.lines.filter(({ event }) => event === 'wrong').map(({ message }) => message),
    ['0', '-1', '1.5', "'x'", 'NaN', '1025', 'undefined'].map(given => `scale() takes an integer from 1 to 1024, got ${given}; to end all workers, stop the server`))
  for (const event of ['reload', 'scale', 'restart']) t.same(app.lines.filter(line => line.event === event && line.pid === app.pid && line['code'] !== undefined), [])
  t.match(app.lines.filter(({ event }) => event === 'generation'), [{ generation: 1 }])
  t.match(app.lines.filter(({ event }) => event === 'worker').slice(0, 3), [{ code: 'SHARED_PORT_ERR_NOT_RUNNING' }, { code: 'SHARED_PORT_ERR_NOT_RUNNING' }, { code: 'SHARED_PORT_ERR_NOT_RUNNING' }])
  for (const line of after) t.match(line, { code: 'SHARED_PORT_ERR_NOT_RUNNING' })
})
