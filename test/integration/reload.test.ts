import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { descriptors, hooked, perLane, request, start } from '../helper.js'
import { LONG, turn, turnable } from '../long-timers.js'
import { http1Clients, http2Clients, Load } from '../load.js'
import { startReloadable } from '../reloadable.js'

/**
 * The requests between two reloads, before the first and after the last: 20,000 in total, over all kinds of
 * servers and lanes.
 */
const REQUESTS = 910
const STOPPED = { code: 0, signal: null }

interface Kind { name: string, server: object, clients: typeof http1Clients, reloads: number }

const http1: Kind = { name: 'HTTP/1.1', server: {}, clients: http1Clients, reloads: 6 }
const others: Kind[] = [
  { name: 'HTTPS', server: { tls: {} }, clients: http1Clients, reloads: 3 },
  { name: 'HTTP/2', server: { tls: {}, fastify: { http2: true } }, clients: http2Clients, reloads: 3 }
]

async function generation (url: string): Promise<{ generation: number, code: string }> {
  return JSON.parse((await request(`${url}/generation`)).body)
}

const promise = 'reloads under load fail no request'

perLane(t, `${http1.reloads} ${promise}, ${http1.name}`, async (t, lane) => { await reloadUnderLoad(t, lane, http1) })

for (const kind of others) {
  t.test(`${kind.reloads} ${promise}, ${kind.name}`, async t => { await reloadUnderLoad(t, 'auto', kind) })
}

async function reloadUnderLoad (t: Test, lane: string, { server, clients, reloads }: Kind): Promise<void> {
  const app = start(t, 'server.mjs', { options: { workers: 2, lane, reload: { concurrency: 2 } }, env: { SERVER: JSON.stringify(server) } })
  const url = await app.url()
  const load = new Load(clients(t, url))
  await load.more(REQUESTS)
  for (let i = 1; i <= reloads; i++) {
    process.kill(app.pid, 'SIGHUP')
    await app.events('reload-end', i)
    await load.more(REQUESTS)
  }
  t.same(await load.stop(), [])
  t.same(app.failures, [])
  t.same(await app.stop(), STOPPED)
  t.same(await app.leftBehind(), [])
}

perLane(t, 'a reload puts new code in the place of every worker, and leaves nothing behind', async (t, lane) => {
  const { app, become } = startReloadable(t, { workers: 3, lane })
  const url = await app.url()
  const before = descriptors(app.pid)
  t.same(await generation(url), { generation: 0, code: 'first' })
  become('second')
  process.kill(app.pid, 'SIGHUP')
  await app.event('reload-end')
  for (let i = 0; i < 6; i++) t.same(await generation(url), { generation: 1, code: 'second' })
  const { workers } = await app.stats(({ workers }) => workers.length === 3 && descriptors(app.pid) === before)
  t.same(workers.map(({ id, state, generation }) => [id, state, generation]), [[4, 'ready', 1], [5, 'ready', 1], [6, 'ready', 1]])
  t.same(await app.stop(), STOPPED)
})

perLane(t, 'new code that fails aborts the reload: the old workers keep serving, and the log has the reason', async (t, lane) => {
  const { app, become } = startReloadable(t, { workers: 2, lane })
  const url = await app.url()
  const before = descriptors(app.pid)
  become('fail')
  process.kill(app.pid, 'SIGHUP')
  t.match(await app.event('reload-aborted'), { level: 50, err: { code: 'SHARED_PORT_ERR_WORKER_FAILED' } })
  t.match(app.text, /new code is broken/)
  for (let i = 0; i < 4; i++) t.same(await generation(url), { generation: 0, code: 'first' })
  const { workers } = await app.stats(({ workers }) => workers.length === 2 && descriptors(app.pid) === before)
  t.same(workers.map(({ id, state }) => [id, state]), [[1, 'ready'], [2, 'ready']])
  become('mended')
  process.kill(app.pid, 'SIGHUP')
  await app.event('reload-end')
  t.same(await generation(url), { generation: 2, code: 'mended' })
  t.same(await app.stop(), STOPPED)
})

t.test('new code that never gets ready is ended by bootTimeout, and aborts the reload', async t => {
  const { app, become } = startReloadable(t, { workers: 1, bootTimeout: LONG }, { execArgv: turnable })
  const url = await app.url()
  become('hang')
  process.kill(app.pid, 'SIGHUP')
  await app.event('hangs')
  turn(app)
  t.match(await app.event('reload-aborted'), { err: { code: 'SHARED_PORT_ERR_WORKER_FAILED' } })
  t.equal(app.lines.filter(({ event }) => event === 'boot-timeout').length, 1)
  t.same(await generation(url), { generation: 0, code: 'first' })
})

t.test('a reload during a reload ends with the newest code, once', async t => {
  const { app, become } = startReloadable(t, { workers: 2 })
  const url = await app.url()
  process.kill(app.pid, 'SIGHUP')
  await app.event('reload-start')
  become('newest')
  process.kill(app.pid, 'SIGHUP')
  await app.event('reload-end')
  for (let i = 0; i < 4; i++) t.same(await generation(url), { generation: 2, code: 'newest' })
  t.equal(app.lines.filter(({ event }) => event === 'reload-start').length, 1)
  t.same(await app.stop(), STOPPED)
})

t.test('a stop during a reload stops', async t => {
  const { app } = startReloadable(t, { workers: 2 })
  await app.url()
  process.kill(app.pid, 'SIGHUP')
  await app.event('reload-start')
  t.same(await app.stop(), STOPPED)
  t.same(await app.leftBehind(), [])
})

t.test('the socket file is kept during a reload, and removed at the stop', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'sf-'))
  t.teardown(() => { rmSync(folder, { recursive: true }) })
  const path = join(folder, 's')
  const { app } = startReloadable(t, { workers: 1 }, { ...hooked, listen: { path } })
  await app.workers(1)
  process.kill(app.pid, 'SIGHUP')
  await app.event('reload-end')
  t.match(await request('http://localhost/generation', { socketPath: path }), { status: 200, body: '{"generation":1,"code":"first"}' })
  await app.stop()
  await t.rejects(request('http://localhost/', { socketPath: path }), { code: 'ENOENT' })
})
