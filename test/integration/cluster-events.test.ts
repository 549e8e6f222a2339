import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { perLane, start, whoServes } from '../helper.js'

perLane(t, "node:cluster's event 'listening' is emitted once for each worker and address, and the worker's state is set in both processes", async (t, lane) => {
  const app = start(t, 'listens-in-turn.mjs', { options: { workers: 2, lane }, env: { SECOND: JSON.stringify({ port: 0, host: '127.0.0.1' }) } })
  const lines = await app.events('cluster-listening', 4)
  const ofWorkers = await app.events('worker-listening', 4)
  for (const id of [1, 2]) {
    const its = lines.filter(line => line.id === id)
    t.match(its, [1, 2].map(() => ({ state: 'listening', address: { addressType: 4, address: '127.0.0.1', port: Number } })))
    t.equal(new Set(its.map(({ address }) => (address as { port: number }).port)).size, 2, 'one for each app')
    t.same(ofWorkers.filter(line => line.id === id).map(({ address }) => address), its.map(({ address }) => address))
  }
  for (const { state } of await app.events('state', 2)) t.equal(state, 'listening')
  t.same(await app.stop(), { code: 0, signal: null })
  t.equal(app.lines.filter(({ event }) => event === 'cluster-listening').length, 4)
})

t.test("for a Unix socket, the event 'listening' has the path, as node:cluster's own", async t => {
  const folder = mkdtempSync(join(tmpdir(), 'shared-fastify-'))
  t.teardown(() => { rmSync(folder, { recursive: true }) })
  const path = join(folder, 's')
  const app = start(t, 'listens-in-turn.mjs', { options: { workers: 1 }, listen: { path } })
  t.same((await app.event('cluster-listening')).address, { addressType: -1, address: path, port: -1 })
  t.same(await app.stop(), { code: 0, signal: null })
})

t.test("for localhost, the event 'listening' is emitted for each of its addresses", async t => {
  const app = start(t, 'listens-in-turn.mjs', { options: { workers: 1 }, listen: { port: 0, host: 'localhost' } })
  await app.url()
  const { listeners: [listener] } = (await app.stats()) as unknown as { listeners: [{ addresses: Array<{ address: string }> }] }
  await app.events('cluster-listening', listener.addresses.length)
  t.same(await app.stop(), { code: 0, signal: null })
})

perLane(t, 'after cluster.disconnect() in the primary the workers are replaced, and connections wait for the new ones', async (t, lane) => {
  const app = start(t, 'listens-in-turn.mjs', { options: { workers: 2, lane } })
  const url = await app.url()
  process.kill(app.pid, 'SIGWINCH')
  await app.event('disconnected')
  t.ok(await whoServes(url) > 2)
  await app.events('worker-ready', 4)
  t.equal(app.lines.filter(({ event, code }) => event === 'worker-exit' && code === 0).length, 2)
  t.same(await app.stop(), { code: 0, signal: null })
})
