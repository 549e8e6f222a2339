import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { type App, hooked, perLane, start, whoServes } from '../helper.js'

const byPrimary = (app: App) => ({ pid }: { pid: number }): boolean => pid === app.pid

perLane(t, 'a worker that is killed while a second app gets ready is replaced: the first app keeps serving, the second follows', async (t, lane) => {
  const app = start(t, 'late-listen.mjs', { options: { workers: 2, lane } })
  const { url } = await app.event('first', byPrimary(app))
  const [killed, other] = (await app.events('waits', 2)).map(({ pid }) => pid) as [number, number]
  process.kill(killed, 'SIGKILL')
  const [, , { pid: replacement }] = await app.events('waits', 3) as [unknown, unknown, { pid: number }]
  await whoServes(url as string)
  for (const pid of [other, replacement]) process.kill(pid, 'SIGWINCH')
  const second = await app.event('second', byPrimary(app))
  await whoServes(second.url as string)
  t.same(await app.stop(), { code: 0, signal: null })
})

t.test('a second app that fails in a worker: its listen() rejects, its port is closed, and the first app keeps serving', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'shared-fastify-'))
  t.teardown(() => { rmSync(folder, { recursive: true }) })
  const file = join(folder, 'fail')
  writeFileSync(file, '')
  const app = start(t, 'late-listen.mjs', { ...hooked, options: { workers: 1 }, env: { FAIL_WHILE: file } })
  const { url } = await app.event('first', byPrimary(app))
  t.equal((await app.event('second', byPrimary(app))).code, 'SHARED_PORT_ERR_WORKER_FAILED')
  rmSync(file)
  await app.event('waits')
  await whoServes(url as string)
  t.same(await app.stop(), { code: 0, signal: null })
})
