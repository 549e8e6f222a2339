import t from 'tap'
import { perLane, start } from '../helper.js'

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  perLane(t, `${signal} while the workers start exits with 0, and no process is left`, async (t, lane) => {
    const app = start(t, 'never-ready.mjs', { options: { workers: 2, lane } })
    await app.events('stuck', 2)
    t.same(await app.stop(signal), { code: 0, signal: null })
    t.same(await app.leftBehind(), [])
    t.notOk(app.lines.some(({ event }) => event === 'worker-kill'), 'and no worker had to be killed')
  })
}

t.test('SIGTERM to all processes while the workers start exits with 0 as well', async t => {
  const app = start(t, 'never-ready.mjs', { options: { workers: 2 } })
  await app.events('stuck', 2)
  process.kill(-app.pid, 'SIGTERM')
  t.same(await app.ended, { code: 0, signal: null })
})

t.test('close() while the workers start rejects listen(), and resolves when they have exited', async t => {
  const app = start(t, 'closes-while-starting.mjs', { options: { workers: 2 } })
  await app.events('stuck', 2)
  process.kill(app.pid, 'SIGWINCH')
  t.same(await app.ended, { code: 0, signal: null })
  t.equal(app.lines.find(({ event }) => event === 'rejected')?.code, 'SHARED_PORT_ERR_CLOSED')
  const order = app.lines.map(({ event }) => event)
  t.ok(order.indexOf('closed') > order.lastIndexOf('worker-exit'))
})

t.test('a worker that ignores SIGTERM while it starts is killed when its grace is over, and the primary exits with 0', async t => {
  const app = start(t, 'traps-term.mjs', { options: { workers: 1, grace: 200 } })
  await app.event('stuck')
  t.same(await app.stop(), { code: 0, signal: null })
  for (const name of ['trapped', 'worker-kill']) t.equal(app.lines.filter(({ event }) => event === name).length, 1, name)
  t.same(await app.leftBehind(), [])
})

t.test('SIGTERM while dead workers wait for their replacements exits with 0, and starts no worker', async t => {
  const app = start(t, 'app.mjs', { options: { workers: 2 } })
  await app.url()
  for (const pid of await app.workers(2)) process.kill(pid, 'SIGKILL')
  await app.events('worker-replace', 2)
  t.same(await app.stop(), { code: 0, signal: null })
  t.same(await app.leftBehind(), [])
})
