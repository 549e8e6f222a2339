import t from 'tap'
import { Exchange, keptAlive, streamed } from '../client.js'
import { type Answer, hooked, request, start, type StartOptions } from '../helper.js'

const pidOf = ({ body }: Answer): number => JSON.parse(body).pid

const hooks = (HOOK: string, PLACE: string): StartOptions =>
  ({ env: { HOOK, PLACE }, options: { workers: 1, grace: 1_000 }, ...hooked })

t.test('a hook that fails when one app is closed ends neither the worker nor the connections of another app', async t => {
  const app = start(t, 'close-hooks.mjs', hooks('fails', 'worker'))
  const [, second] = (await app.event('urls', ({ pid }) => pid === app.pid)).urls as [string, string]
  const open = new Exchange(`${second}/pipe`, streamed)
  await open.send('before, ')
  await open.received('before, ')
  process.kill(app.pid, 'SIGWINCH')
  await app.event('first-closed')
  t.match(await app.event('close-error'), { err: { message: 'a hook that fails' } })
  await open.end('after')
  t.equal((await open.outcome).answer?.body, 'before, after')
  t.notOk(app.lines.some(({ event }) => event === 'worker-exit'))
})

t.test('close() with a callback calls back, even if a hook fails', async t => {
  const app = start(t, 'close-hooks.mjs', hooks('fails', 'worker'))
  const [first, second] = (await app.event('urls', ({ pid }) => pid === app.pid)).urls as [string, string]
  const pid = pidOf(await request(`${first}/close`))
  t.equal((await app.event('called-back')).pid, pid)
  t.equal(pidOf(await request(`${second}/pid`)), pid, 'the worker keeps serving')
})

t.test('after a second SIGTERM, a worker that is closing its app still waits for its hooks', async t => {
  const app = start(t, 'close-hooks.mjs', hooks('waits', 'worker'))
  const [pid] = await app.workers(1) as [number]
  await app.event('urls', ({ pid }) => pid === app.pid)
  process.kill(pid, 'SIGTERM')
  await app.event('hook')
  process.kill(pid, 'SIGTERM')
  await app.event('worker-exit')
  t.ok(app.lines.some(({ event }) => event === 'hook-done'))
})

t.test('a hook in the primary that is never done does not keep it alive: code 1', async t => {
  const app = start(t, 'close-hooks.mjs', hooks('never', 'primary'))
  await app.event('urls', ({ pid }) => pid === app.pid)
  t.same(await app.stop(), { code: 1, signal: null })
  t.ok(app.lines.some(({ event, pid }) => event === 'close-error' && pid === app.pid))
  t.same(await app.leftBehind(), [])
})

t.test("registered in a scope of its own, the plugin makes the whole app's close() wait", async t => {
  const app = start(t, 'nested.mjs', { options: { workers: 2 } })
  const url = await app.url()
  const agent = keptAlive()
  const slow = request(`${url}/after/300`, { agent })
  await app.event('asked')
  process.kill(app.pid, 'SIGWINCH')
  t.equal((await slow).status, 200)
  await app.event('closed')
  t.same(await app.ended, { code: 0, signal: null })
  const drained = app.lines.findIndex(({ event }) => event === 'stopped')
  t.ok(drained >= 0 && drained < app.lines.findIndex(({ event }) => event === 'closed'))
})

t.test('registered twice, in scopes that do not see each other: one clear error', async t => {
  const app = start(t, 'nested.mjs', { options: { workers: 1 }, env: { TWICE: '1' } })
  t.equal((await app.event('second')).code, 'SHARED_PORT_ERR_REGISTERED_TWICE')
  t.same(await app.ended, { code: 0, signal: null })
})
