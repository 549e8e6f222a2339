import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type App, hooked } from '../helper.js'
import { aSecondLater, connectKept, KeptClient, returned, serveKept } from '../kept.js'

// Rescue needs the native lane.
const OPTIONS = { workers: 2, lane: 'native', returnAfter: 0 }

/** Blocks a worker that has this connection. Returns a function that ends the block, and resolves with the worker. */
async function block (t: Test, app: App, url: string): Promise<() => Promise<number>> {
  const file = join(t.testdir(), `end-${Math.random()}`)
  const client = await KeptClient.connect(t, url)
  const blocks = app.lines.filter(({ event }) => event === 'blocks').length
  client.raw.get(`/block?until=${encodeURIComponent(file)}`)
  await app.events('blocks', blocks + 1)
  return async () => {
    writeFileSync(file, '')
    return await client.answered()
  }
}

t.test('nobody waits behind a blocked worker, on a kept connection either', async t => {
  const { app, url } = await serveKept(t, OPTIONS)
  const clients = await connectKept(t, url, 8)
  t.same(new Set(clients.flatMap(({ workers }) => workers)).size, 2)
  await aSecondLater(app) // so that all are parked
  const unblock = await block(t, app, url)
  const workers = await Promise.all(clients.map(async client => await client.ask()))
  t.equal(new Set(workers).size, 1, 'one worker has answered all of them')
  await Promise.all(clients.map(async client => await client.ask('/echo?again').catch(() => 0)))
  const blocked = await unblock()
  t.not(blocked, workers[0])
  t.ok(returned(await app.stats()).rescue >= clients.filter(({ workers: [first] }) => first === blocked).length)
})

t.test('a moved connection goes on in its new worker, and its former one lets go of it', async t => {
  const { app, url } = await serveKept(t, OPTIONS, hooked)
  const clients = await connectKept(t, url, 6)
  await aSecondLater(app)
  const unblock = await block(t, app, url)
  const [first] = await Promise.all(clients.map(async client => await client.ask())) as [number]
  const blocked = await unblock()
  await app.stats(({ workers }) => workers.every(({ id, open }) => open === (id === blocked ? 1 : 6)))
  for (const client of clients) t.equal(await client.ask(), first)
})

t.test('a request is not moved where every worker is blocked', async t => {
  const { app, url } = await serveKept(t, OPTIONS, hooked)
  const clients = await connectKept(t, url, 4)
  await aSecondLater(app)
  const unblock = [await block(t, app, url), await block(t, app, url)]
  for (const client of clients) client.raw.get('/')
  const blocked = await Promise.all(unblock.map(async end => await end()))
  t.equal(new Set(blocked).size, 2)
  for (const client of clients) {
    const [before] = client.workers
    t.equal(await client.answered(), before)
  }
  t.equal(returned(await app.stats()).rescue, 0)
})

t.test('rescueAfter: 0 leaves a request with its blocked worker', async t => {
  const { app, url } = await serveKept(t, { ...OPTIONS, rescueAfter: 0 })
  const clients = await connectKept(t, url, 4)
  await aSecondLater(app)
  const unblock = await block(t, app, url)
  const before = clients.map(({ workers: [worker] }) => worker)
  const asked = Promise.all(clients.map(async client => await client.ask()))
  await unblock()
  t.same(await asked, before)
  t.equal(returned(await app.stats()).rescue, 0)
})

t.test('a parked connection ends when its keepAliveTimeout is over', async t => {
  const { app, url } = await serveKept(t, OPTIONS, { env: { FASTIFY: JSON.stringify({ keepAliveTimeout: 1_500 }) } })
  const clients = await connectKept(t, url, 2)
  for (const { raw } of clients) t.equal(await raw.closed, 'end')
  await app.stats(({ workers }) => workers.every(({ open }) => open === 0))
})

t.test('a parked connection whose client closes or resets it is closed, and one that sends half a request waits for the rest', async t => {
  const { app, url } = await serveKept(t, OPTIONS)
  const [closes, resets, halves] = await connectKept(t, url, 3) as [KeptClient, KeptClient, KeptClient]
  await aSecondLater(app)
  closes.raw.socket.end()
  resets.raw.socket.resetAndDestroy()
  halves.raw.socket.write('GET / HT')
  await app.stats(({ workers }) => workers.reduce((sum, { open }) => sum + open, 0) === 1)
  halves.raw.socket.write('TP/1.1\r\nhost: x\r\n\r\n')
  t.equal(await halves.answered(), halves.workers[0])
})
