import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { RawClient } from '../clients.js'
import { hooked, descriptors, perLane } from '../helper.js'
import { aSecondLater, connectKept, held, KeptClient, LATER, serveKept, SOON } from '../kept.js'

perLane(t, 'a worker that drains returns its idle connections at once, and exits without waiting for their next requests', async (t, lane) => {
  const { app, url } = await serveKept(t, { workers: 2, lane, grace: LATER, returnAfter: LATER })
  const clients = await connectKept(t, url, 6)
  process.kill(app.pid, 'SIGHUP')
  await app.event('reload-end')
  t.equal((await held(app, 6)).held, 6)
  for (const client of clients) t.ok(await client.ask() > 2, 'a new worker answers')
})

perLane(t, 'a worker that drains returns more connections than fit into a few frames, and loses none', async (t, lane) => {
  const { app, url } = await serveKept(t, { workers: 1, lane, grace: LATER, returnAfter: LATER })
  const clients = await connectKept(t, url, 300)
  for (let i = 1; i <= 3; i++) {
    process.kill(app.pid, 'SIGHUP')
    await app.events('reload-end', i)
    t.same(new Set(await Promise.all(clients.map(async client => await client.ask()))), new Set([1 + i]))
  }
  t.same(app.failures, [])
})

perLane(t, 'connections that are accepted and silent are held as well', async (t, lane) => {
  const { app, url } = await serveKept(t, { workers: 1, lane, grace: LATER, returnAfter: LATER }, hooked)
  const silent = await RawClient.connect(t, url)
  await app.stats(({ workers }) => workers[0]?.open === 1)
  process.kill(app.pid, 'SIGHUP')
  await app.event('reload-end')
  await held(app, 1)
  silent.get('/')
  t.equal(await silent.worker(), 2)
})

for (const [path, answer] of [['/wait/a', '{"worker":1}'], ['/half/a', 'halfmore']] as const) {
  perLane(t, `a request under way is answered by its worker, however long it takes, and its connection moves after that: ${path}`, async (t, lane) => {
    const { app, url } = await serveKept(t, { workers: 1, lane, grace: LATER, returnAfter: SOON })
    const [pid] = await app.workers(1) as [number]
    const client = await KeptClient.connect(t, url)
    client.raw.get(path)
    await app.event('waits')
    process.kill(app.pid, 'SIGHUP')
    await app.event('drain', ({ workerId }) => workerId === 1)
    t.equal((await aSecondLater(app)).held, 0)
    process.kill(pid, 'SIGUSR2')
    t.match(await client.raw.answer(), { status: 200, headers: { connection: 'keep-alive' }, body: answer })
    await app.event('reload-end')
    t.equal(await client.ask(), 2)
  })
}

perLane(t, 'requests that are read together are all answered by the worker that has read them', async (t, lane) => {
  const { app, url } = await serveKept(t, { workers: 1, lane, grace: LATER, returnAfter: LATER })
  const [pid] = await app.workers(1) as [number]
  const client = await KeptClient.connect(t, url)
  client.raw.get('/wait/a', '/', '/')
  await app.event('waits')
  process.kill(app.pid, 'SIGHUP')
  await app.event('drain', ({ workerId }) => workerId === 1)
  process.kill(pid, 'SIGUSR2')
  t.same([await client.answered(), await client.answered(), await client.answered()], [1, 1, 1])
  await app.event('reload-end')
  t.equal(await client.ask(), 2)
})

perLane(t, 'while the primary hangs, what a worker returns is on its way, and nothing of it is lost', async (t, lane) => {
  const { app, url } = await serveKept(t, { workers: 1, lane, grace: LATER, returnAfter: LATER })
  const clients = await connectKept(t, url, 5)
  const closes = await RawClient.connect(t, url)
  await app.stats(({ workers }) => workers[0]?.open === 6 && workers[0]?.unacked === 0)
  const [pid] = await app.workers(1) as [number]
  const before = descriptors(pid)
  process.kill(app.pid, 'SIGSTOP')
  closes.get('/close')
  t.equal(await closes.worker(), 1)
  // In the ipc lane a worker keeps its copies until the primary has answered.
  if (lane === 'native') while (descriptors(pid) > before - 5) await turn()
  for (const { raw } of clients) raw.get('/')
  process.kill(app.pid, 'SIGCONT')
  const workers = await Promise.all(clients.map(async client => await client.answered()))
  if (lane === 'native') t.same(workers, [2, 2, 2, 2, 2])
  t.same(app.failures, [])
})

// The old promise, without the return.

perLane(t, 'returnOnDrain: false: the last answer on each connection says that it is closed, and idle ones are closed', async (t, lane) => {
  const { app, url } = await serveKept(t, { workers: 1, lane, grace: LATER, returnAfter: LATER, returnOnDrain: false })
  const [pid] = await app.workers(1) as [number]
  const [busy, idle] = await connectKept(t, url, 2) as [KeptClient, KeptClient]
  busy.raw.get('/wait/a')
  await app.event('waits')
  process.kill(app.pid, 'SIGHUP')
  await app.event('drain', ({ workerId }) => workerId === 1)
  t.equal(await idle.raw.closed, 'end')
  process.kill(pid, 'SIGUSR2')
  t.match(await busy.raw.answer(), { status: 200, headers: { connection: 'close' } })
  t.equal(await busy.raw.closed, 'end')
  await app.event('reload-end')
  t.match(await app.stats(), { held: 0 })
})
