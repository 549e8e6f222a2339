import t from 'tap'
import { attempt, Exchange, keptAlive, type Outcome, refused } from '../client.js'
import { type App, hooked, perLane, request, start } from '../helper.js'

const STOPPED = { code: 0, signal: null }

interface Told { worker: number, draining: boolean, ready: boolean }

async function ask (url: string): Promise<Told> {
  return JSON.parse((await request(url)).body)
}

function startDelayed (t: Parameters<typeof start>[0], closeDelay: number, lane = 'auto'): App {
  return start(t, 'supervised.mjs', { ...hooked, options: { workers: 2, lane, closeDelay } })
}

perLane(t, 'closeDelay: after SIGTERM the health checks fail, and requests are served as before until the stop', async (t, lane) => {
  const app = startDelayed(t, 3_000, lane)
  const url = await app.url()
  await app.workers(2)
  t.match(await ask(url), { draining: false, ready: true })
  const ended = app.stop('SIGTERM')
  await app.event('stop-announced')
  for (let told = await ask(url); !told.draining; told = await ask(url)); // the workers are told
  const agent = keptAlive()
  t.teardown(() => { agent.destroy() })
  const served = new Set<number>()
  const failed: Outcome[] = []
  for (let count = 0; ; count++) {
    const kept = count % 2 === 0
    const outcome = await attempt(url, kept ? { agent } : {})
    const { answer, error } = outcome
    if (error?.code === 'ECONNREFUSED' || (kept && answer?.headers.connection === 'close')) break // it stops now
    const told = answer?.status === 200 ? JSON.parse(answer.body) as Told : undefined
    if (told?.ready !== false || !told.draining) failed.push(outcome)
    else served.add(told.worker)
  }
  t.same(failed, [])
  await app.event('stop') // not before its time
  t.same([...served].sort(), [1, 2])
  t.same(await ended, STOPPED)
  await refused(url)
  t.same(app.failures, [])
})

t.test('a worker that dies during closeDelay is replaced, and its successor knows about the stop', async t => {
  const app = startDelayed(t, 60_000)
  const url = await app.url()
  const [pid] = await app.workers(2) as [number]
  process.kill(app.pid, 'SIGTERM')
  await app.event('stop-announced')
  process.kill(pid, 'SIGKILL')
  await app.workers(3)
  let told = await ask(url)
  while (told.worker !== 3) told = await ask(url)
  t.match(told, { draining: true, ready: false })
  t.same(await app.stop('SIGINT'), STOPPED)
})

t.test('SIGTERM to all processes, as by systemd: the workers serve until the primary stops', async t => {
  const app = startDelayed(t, 60_000)
  const url = await app.url()
  const pids = await app.workers(2)
  process.kill(app.pid, 'SIGTERM')
  await app.event('stop-announced')
  for (const pid of pids) process.kill(pid, 'SIGTERM')
  while (!(await ask(url)).draining);
  for (let i = 0; i < 20; i++) t.ok((await ask(url)).worker <= 2)
  t.same(app.lines.filter(({ event }) => event === 'worker-exit' || event === 'drain'), [])
  t.same(await app.stop('SIGQUIT'), STOPPED)
})

for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
  t.test(`${signal} stops without a delay`, async t => {
    const app = startDelayed(t, 60_000)
    await app.url()
    t.same(await app.stop(signal), STOPPED)
    t.same(app.lines.filter(({ event }) => event === 'stop-announced'), [])
  })
}

t.test('during closeDelay a reload is refused; while workers are starting there is no delay', async t => {
  const app = startDelayed(t, 60_000)
  await app.url()
  process.kill(app.pid, 'SIGTERM')
  await app.event('stop-announced')
  process.kill(app.pid, 'SIGHUP')
  t.match(await app.event('reload'), { level: 40, msg: 'cannot reload' })
  t.same(await app.stop('SIGINT'), STOPPED)

  const starting = start(t, 'never-ready.mjs', { options: { workers: 1, closeDelay: 60_000 } })
  await starting.event('stuck')
  t.same(await starting.stop('SIGTERM'), STOPPED)
})

t.test("'draining' tells a request in progress that its worker will exit: by a reload, by scaling, by a stop", async t => {
  const app = start(t, 'supervised.mjs', { ...hooked, options: { workers: 1 } })
  const url = await app.url()
  for (const [signal, done] of [['SIGHUP', 'reload-end'], ['SIGTERM', 'stopped']] as const) {
    const before = app.lines.filter(({ event }) => event === 'waits').length
    const waiting = new Exchange(`${url}/until-draining`)
    await waiting.end()
    await app.events('waits', before + 1)
    process.kill(app.pid, signal)
    t.match((await waiting.outcome).answer, { status: 200, body: '{"draining":true}' })
    await app.event(done)
  }
  t.same(await app.ended, STOPPED)
})
