import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type App, hooked, type Line, request, start, type StartOptions } from '../helper.js'
import { LONG, turn, turnable } from '../long-timers.js'

const STOPPED = { code: 0, signal: null }

/** supervised.mjs, which does what `become` was last called with. */
function startSupervised (t: Test, options: object, doing = '', more: StartOptions = {}): { app: App, become: (doing: string) => void } {
  const folder = mkdtempSync(join(tmpdir(), 'sf-'))
  t.teardown(() => { rmSync(folder, { recursive: true }) })
  const become = (doing: string): void => { writeFileSync(join(folder, 'do'), doing) }
  become(doing)
  return { app: start(t, 'supervised.mjs', { ...hooked, options, env: { DO: join(folder, 'do') }, ...more }), become }
}

/** The events of the app in the primary, without fields that differ between runs. */
function told (app: App): object[] {
  return app.lines.filter(({ event, pid }) => event === 'emitted' && pid === app.pid).map(({ name, id, generation, signal, asked, code }: Line) =>
    ({ name, id, generation, ...(signal != null && { signal }), ...(asked !== undefined && { asked }), ...(code != null && { code }) }))
}

t.test('the app in the primary gets events about its workers', async t => {
  const { app } = startSupervised(t, { workers: 1 })
  await app.url()
  const [pid] = await app.workers(1) as [number]
  process.kill(pid, 'SIGKILL')
  await app.workers(2)
  process.kill(app.pid, 'SIGHUP')
  await app.event('reload-end')
  t.same(await app.stop(), STOPPED)
  t.same(told(app), [
    { name: 'worker-start', id: 1, generation: 0 },
    { name: 'worker-ready', id: 1, generation: 0 },
    { name: 'worker-exit', id: 1, generation: 0, signal: 'SIGKILL', asked: false },
    { name: 'worker-start', id: 2, generation: 0 },
    { name: 'worker-ready', id: 2, generation: 0 },
    { name: 'reload-start', id: undefined, generation: 1 },
    { name: 'worker-start', id: 3, generation: 1 },
    { name: 'worker-ready', id: 3, generation: 1 },
    { name: 'worker-exit', id: 2, generation: 0, asked: true, code: 0 },
    { name: 'reload-end', id: undefined, generation: 1 },
    { name: 'worker-exit', id: 3, generation: 1, asked: true, code: 0 }
  ])
  t.same(app.lines.filter(({ event, pid }) => event === 'emitted' && pid !== app.pid), [], 'and no worker gets its own events')
  t.same(app.lines.filter(({ event }) => event === 'hook').map(({ hook, id, signal }) => [hook, id, signal ?? null]), [
    ['start', 1, null], ['exit', 1, 'SIGKILL'], ['start', 2, null], ['start', 3, null], ['exit', 2, null], ['exit', 3, null]
  ])
})

t.test("a listener's exception is logged, and does no harm", async t => {
  const { app } = startSupervised(t, { workers: 1 }, 'listener')
  const url = await app.url()
  t.match(await app.event('listener-error', ({ listener }) => listener === 'worker-ready'), { level: 50, err: { message: 'a listener that throws' } })
  t.match(await request(url), { status: 200 })
  t.same(await app.stop(), STOPPED)
})

t.test('readyCheck: connections arrive when it has passed; it runs when Fastify is ready', async t => {
  const { app } = startSupervised(t, { workers: 2 })
  await app.url()
  for (const pid of await app.workers(2)) {
    const check = await app.event('check', line => line.pid === pid)
    const ready = await app.event('worker-ready', ({ workerPid }) => workerPid === pid)
    t.ok(Number(check['time']) <= Number(ready['time']))
  }
  t.same(app.lines.filter(({ event }) => event === 'check').map(({ statusCode }) => statusCode), [200, 200])
  t.same(await app.stop(), STOPPED)
})

t.test('a readyCheck that throws on the first start ends the primary with its error', async t => {
  const { app } = startSupervised(t, { workers: 2 }, 'check-throws')
  t.same(await app.ended, { code: 1, signal: null })
  t.match(app.lines.find(({ event, err }) => event === 'worker-exit' && err !== undefined)?.err, {
    code: 'SHARED_PORT_ERR_READY_CHECK',
    message: /^The readyCheck failed: the database is not there/
  })
  t.same(await app.leftBehind(), [])
})

t.test('a readyCheck that throws, or never ends, aborts a reload: the old workers stay', async t => {
  const { app, become } = startSupervised(t, { workers: 1, bootTimeout: LONG }, '', { execArgv: turnable })
  const url = await app.url()
  become('check-throws')
  process.kill(app.pid, 'SIGHUP')
  await app.events('reload-aborted', 1)
  become('check-hangs')
  process.kill(app.pid, 'SIGHUP')
  await app.events('check', 3)
  turn(app)
  const [thrown, hung] = await app.events('reload-aborted', 2)
  t.match(JSON.stringify(thrown?.err), 'the database is not there')
  t.match(JSON.stringify(hung?.err), 'its readyCheck has not finished')
  t.match(JSON.parse((await request(url)).body), { worker: 1 })
  t.match(told(app).filter(event => 'code' in event && event.code === 'SHARED_PORT_ERR_WORKER_FAILED'), [{ name: 'reload-aborted', generation: 1 }, { name: 'reload-aborted', generation: 2 }])
  t.same(await app.stop(), STOPPED)
})
