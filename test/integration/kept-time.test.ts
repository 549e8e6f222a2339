import t from 'tap'
import { descriptors, hooked, perLane, request } from '../helper.js'
import { aSecondLater, connectKept, held, KeptClient, LATER, returned, serveKept, SOON } from '../kept.js'

const STOPPED = { code: 0, signal: null }

perLane(t, 'a connection that is idle for returnAfter is held by the primary, and its next request goes to the worker whose turn it is', async (t, lane) => {
  const { app, url } = await serveKept(t, { workers: 2, lane, returnAfter: SOON, takeBackAfter: 0 }, hooked)
  const client = await KeptClient.connect(t, url)
  for (let i = 0; i < 3; i++) {
    await held(app, 1)
    await client.ask()
  }
  const [first, second] = client.workers as [number, number]
  t.equal(first + second, 3)
  t.same(client.workers, [first, second, first, second])
  await held(app, 1)
  t.same(await app.stop(), STOPPED)
  t.equal(await client.raw.closed, 'end')
})

perLane(t, 'after a scale-up the new workers get their share of the kept connections', async (t, lane) => {
  const { app, url } = await serveKept(t, { workers: 1, lane, returnAfter: SOON, takeBackAfter: 0 })
  const clients = await connectKept(t, url, 8)
  process.kill(app.pid, 'SIGTTIN')
  await app.workers(2)
  await held(app, 8)
  const workers: number[] = []
  for (const client of clients) workers.push(await client.ask())
  t.same([1, 2].map(id => workers.filter(worker => worker === id).length), [4, 4])
})

perLane(t, 'a worker that joins has its share of the idle connections at once, however long returnAfter is', async (t, lane) => {
  const { app, url } = await serveKept(t, { workers: 1, lane, returnAfter: LATER, takeBackAfter: 0 }, hooked)
  const clients = await connectKept(t, url, 4)
  process.kill(app.pid, 'SIGTTIN')
  await app.workers(2)
  await held(app, 4)
  for (const client of clients) await client.ask()
  t.same(clients.map(({ workers }) => workers.at(-1)).sort(), [1, 1, 2, 2])
  t.same(returned(await app.stats()), { drain: 0, time: 4, rescue: 0 })
})

perLane(t, 'sticky: a connection that has been held comes back to the worker of its client', async (t, lane) => {
  const { app, url } = await serveKept(t, { workers: 3, lane, policy: 'sticky', stickyWait: LATER, returnAfter: SOON })
  const clients = await Promise.all(Array.from({ length: 12 }, async (_, i) => await KeptClient.connect(t, url, { localAddress: `127.0.1.${i + 1}` })))
  for (let i = 0; i < 2; i++) {
    await held(app, 12)
    await Promise.all(clients.map(async client => await client.ask()))
  }
  t.equal(new Set(clients.flatMap(({ workers }) => workers)).size, 3, 'all workers have clients')
  for (const { workers } of clients) t.equal(new Set(workers).size, 1)
})

perLane(t, 'a held connection lives on when its former worker is killed', async (t, lane) => {
  const { app, url } = await serveKept(t, { workers: 1, lane, returnAfter: SOON }, hooked)
  const [pid] = await app.workers(1) as [number]
  const clients = await connectKept(t, url, 3)
  await held(app, 3)
  process.kill(pid, 'SIGKILL')
  await app.event('worker-exit')
  const asked = Promise.all(clients.map(async client => await client.ask()))
  t.same(await asked, [2, 2, 2])
})

perLane(t, 'a held connection whose client closes it, or resets it, frees its descriptor', async (t, lane) => {
  const { app, url } = await serveKept(t, { workers: 1, lane, returnAfter: SOON })
  await app.stats(({ workers }) => workers[0]?.open === 0)
  const before = descriptors(app.pid)
  const clients = await connectKept(t, url, 4)
  await held(app, 4)
  t.equal(descriptors(app.pid), before + 4)
  for (const [i, { raw: { socket } }] of clients.entries()) i % 2 === 0 ? socket.destroy() : socket.resetAndDestroy()
  await held(app, 0)
  await app.stats(() => descriptors(app.pid) === before)
})

perLane(t, 'a held connection ends when its keepAliveTimeout is over', async (t, lane) => {
  const { app, url } = await serveKept(t, { workers: 1, lane, returnAfter: SOON }, { env: { LEVEL: 'debug', FASTIFY: JSON.stringify({ keepAliveTimeout: 2_000 }) } })
  const client = await KeptClient.connect(t, url)
  await app.event('returned')
  t.equal(await client.raw.closed, 'end')
  t.match(await held(app, 0), { listeners: [{ held: 0 }] })
})

perLane(t, 'an app that sets no keepAliveTimeout (0) has no limit for held connections either', async (t, lane) => {
  const { app, url } = await serveKept(t, { workers: 1, lane, returnAfter: SOON }, { env: { FASTIFY: JSON.stringify({ keepAliveTimeout: 0 }) } })
  const client = await KeptClient.connect(t, url)
  await held(app, 1)
  t.equal((await aSecondLater(app)).held, 1)
  t.equal(await client.ask(), 1)
})

perLane(t, 'stats(), the metrics and a log line show what is held and what was returned', async (t, lane) => {
  const { app, url } = await serveKept(t, { workers: 1, lane, returnAfter: SOON, admin: { port: 0 } }, { env: { LEVEL: 'debug' } })
  const { address } = await app.event('admin') as unknown as { address: string }
  await connectKept(t, url, 2)
  const stats = await held(app, 2)
  t.match(stats.listeners, [{ held: 2 }])
  t.same(returned(stats), { drain: 0, time: 2, rescue: 0 })
  const lines = app.lines.filter(({ event }) => event === 'returned')
  t.match(lines[0], { level: 20, workerId: 1, reason: 'time' })
  t.equal(lines.reduce((sum, { connections }) => sum + (connections as number), 0), 2)
  const { body } = await request(`${address}/metrics`)
  t.match(body, /^shared_fastify_held_connections\{listener="[^"]+"\} 2$/m)
  t.match(body, /^shared_fastify_returned_total\{slot="0",reason="time"\} 2$/m)
  t.match(body, /^shared_fastify_returned_total\{slot="0",reason="drain"\} 0$/m)
})

perLane(t, 'returnAfter: 0: idle connections stay with their worker', async (t, lane) => {
  const { app, url } = await serveKept(t, { workers: 2, lane, returnAfter: 0 })
  const clients = await connectKept(t, url, 4)
  const stats = await aSecondLater(app)
  t.equal(stats.held, 0)
  t.same(returned(stats), { drain: 0, time: 0, rescue: 0 })
  for (const client of clients) {
    await client.ask()
    t.equal(client.workers[0], client.workers[1])
  }
})

perLane(t, 'a hook that runs after the answer can still read the address, and after the connection has moved too', async (t, lane) => {
  const { app, url } = await serveKept(t, { workers: 1, lane, returnAfter: SOON })
  const client = await KeptClient.connect(t, url)
  await client.ask('/seen')
  const { localPort } = client.raw.socket
  const whole = { ip: '127.0.0.1', remoteAddress: '127.0.0.1', remotePort: localPort }
  t.match(await app.event('seen'), { first: whole, then: { ...whole, destroyed: true } })
  await held(app, 1)
})

perLane(t, 'such a hook can read the address of a connection that a drain moves as soon as it is answered', async (t, lane) => {
  const { app, url } = await serveKept(t, { workers: 1, lane, returnAfter: LATER })
  const [pid] = await app.workers(1) as [number]
  const client = await KeptClient.connect(t, url)
  client.raw.get('/wait/seen')
  await app.event('waits')
  process.kill(app.pid, 'SIGHUP')
  await app.event('drain', ({ workerId }) => workerId === 1)
  process.kill(pid, 'SIGUSR2')
  t.equal(await client.answered(), 1)
  const whole = { ip: '127.0.0.1', remoteAddress: '127.0.0.1', remotePort: client.raw.socket.localPort }
  t.match(await app.event('seen'), { first: whole, then: { ...whole, destroyed: true } })
  await held(app, 1)
})
