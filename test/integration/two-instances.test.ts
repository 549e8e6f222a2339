import { once } from 'node:events'
import net from 'node:net'
import t from 'tap'
import { Exchange, refused, streamed } from '../client.js'
import { type App, countServed, hooked, inTurn, perLane, request, start } from '../helper.js'

const urls = async (app: App): Promise<[string, string]> => {
  const [first, second] = await Promise.all(['first', 'second'].map(async name => await app.event(name, ({ pid }) => pid === app.pid)))
  return [first?.url as string, second?.url as string]
}

perLane(t, 'two Fastify instances in one process', async (t, lane) => {
  const app = start(t, 'two-apps.mjs', { ...hooked, options: { workers: 2, lane, ...inTurn } })
  const [first, second] = await urls(app)

  await t.test('have one set of workers and two keys, each dealt in exact turn', async t => {
    const served = [new Map<number, number>(), new Map<number, number>()]
    // Alternating between the two.
    for (let i = 0; i < 10; i++) {
      for (const [place, url] of [first, second, second].entries()) {
        const { worker } = JSON.parse((await request(url)).body)
        const counts = served[place === 0 ? 0 : 1] as Map<number, number>
        counts.set(worker, (counts.get(worker) ?? 0) + 1)
      }
    }
    t.same(served.map(counts => [...counts.values()]), [[5, 5], [10, 10]])
    const { workers, listeners } = await app.stats()
    t.equal(workers.length, 2)
    t.same(listeners.map(({ addresses: [name] }) => `http://127.0.0.1:${(name as { port: number }).port}`), [first, second])
  })

  await t.test('closing one in the primary finishes its open connections, whatever happens to a worker meanwhile, and the other goes on', async t => {
    await app.stats(({ workers }) => workers.every(({ open }) => open === 0)) // workers report from time to time
    const open = new Exchange(`${second}/pipe`, streamed)
    await open.send('before, ')
    await open.received('before, ')
    const serving = (await app.stats(({ workers }) => workers.some(({ open }) => open === 1))).workers.find(({ open }) => open === 1)
    process.kill(app.pid, 'SIGWINCH')
    await refused(second)
    const other = (await app.workers(2)).find(pid => pid !== serving?.pid) as number
    process.kill(other, 'SIGKILL')
    const replacement = (await app.workers(3)).at(-1)
    await app.event('second', ({ pid }) => pid === replacement)
    await open.end('after')
    t.equal((await open.outcome).answer?.body, 'before, after')
    await app.event('second-closed')
    t.same([...(await countServed(first, 10)).values()], [5, 5])
    t.equal((await app.stats()).listeners.length, 1)
  })

  await t.test('closing the last one ends the workers', async t => {
    t.same(await app.stop(), { code: 0, signal: null })
    t.same(await app.leftBehind(), [])
  })
})

t.test('a second instance with other options does not listen, and the first goes on', async t => {
  const options = { workers: 2, ...inTurn }
  const app = start(t, 'two-apps.mjs', { options, env: { SECOND_OPTIONS: JSON.stringify({ ...options, workers: 3 }) } })
  const { url } = await app.event('first', ({ pid }) => pid === app.pid)
  t.equal((await app.event('second', ({ pid }) => pid === app.pid)).code, 'SHARED_PORT_ERR_OPTIONS_DIFFER')
  t.same([...(await countServed(url as string, 10)).values()], [5, 5])
})

t.test('a second instance that cannot bind fails in all processes alike, and the first goes on', async t => {
  const taken = net.createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(() => { taken.close() })
  const { port } = taken.address() as net.AddressInfo
  const app = start(t, 'two-apps.mjs', { options: { workers: 2, ...inTurn }, env: { SECOND_LISTEN: JSON.stringify({ port, host: '127.0.0.1' }) } })
  const { url } = await app.event('first', ({ pid }) => pid === app.pid)
  const lines = await app.events('second', 3)
  t.same(lines.map(({ code }) => code), ['EADDRINUSE', 'EADDRINUSE', 'EADDRINUSE'])
  t.same([...(await countServed(url as string, 10)).values()], [5, 5])
  t.same(await app.stop(), { code: 0, signal: null })
})
