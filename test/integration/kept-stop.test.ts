import t from 'tap'
import { hooked, perLane, request } from '../helper.js'
import { connectKept, held, KeptClient, LATER, serveKept, SOON } from '../kept.js'

const STOPPED = { code: 0, signal: null }

perLane(t, 'a stop closes the connections that are held, and those that are idle in a worker', async (t, lane) => {
  const { app, url } = await serveKept(t, { workers: 2, lane, grace: LATER, returnAfter: SOON }, hooked)
  const clients = await connectKept(t, url, 4)
  await held(app, 4)
  const late = await KeptClient.connect(t, url)
  t.same(await app.stop(), STOPPED)
  for (const { raw } of [...clients, late]) t.equal(await raw.closed, 'end')
  t.same(await app.leftBehind(), [])
})

perLane(t, 'a request under way on a connection that was held is answered when the server stops, as the last one', async (t, lane) => {
  const { app, url } = await serveKept(t, { workers: 1, lane, grace: LATER, returnAfter: SOON }, hooked)
  const [pid] = await app.workers(1) as [number]
  const client = await KeptClient.connect(t, url)
  await held(app, 1)
  client.raw.get('/wait/a')
  await app.event('waits')
  process.kill(app.pid, 'SIGTERM')
  await app.event('drain')
  process.kill(pid, 'SIGUSR2')
  t.match(await client.raw.answer(), { status: 200, headers: { connection: 'close' } })
  t.equal(await client.raw.closed, 'end')
  t.same(await app.ended, STOPPED)
})

perLane(t, 'a request that has reached a held connection before the stop is answered', async (t, lane) => {
  const { app, url } = await serveKept(t, { workers: 1, lane, grace: LATER, returnAfter: SOON })
  const clients = await connectKept(t, url, 20)
  await held(app, 20)
  process.kill(app.pid, 'SIGSTOP')
  await Promise.all(clients.map(async ({ raw }) => { await new Promise(resolve => raw.socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n', resolve)) }))
  process.kill(app.pid, 'SIGTERM')
  process.kill(app.pid, 'SIGCONT')
  for (const { raw } of clients) {
    t.equal((await raw.answer()).status, 200)
    t.equal(await raw.closed, 'end')
  }
  t.same(await app.ended, STOPPED)
})

perLane(t, 'a stop during a reload ends, and closes the connections that the reload has returned', async (t, lane) => {
  const { app, url } = await serveKept(t, { workers: 2, lane, grace: LATER, returnAfter: LATER, reload: { concurrency: 2 } }, { env: { LEVEL: 'debug' } })
  const clients = await connectKept(t, url, 8)
  process.kill(app.pid, 'SIGHUP')
  await app.event('returned')
  t.same(await app.stop(), STOPPED)
  for (const { raw } of clients) t.equal(await raw.closed, 'end')
  t.same(await app.leftBehind(), [])
})

perLane(t, 'when closeDelay has begun, held connections are served until it is over', async (t, lane) => {
  const { app, url } = await serveKept(t, { workers: 1, lane, grace: LATER, closeDelay: LATER, returnAfter: SOON })
  const client = await KeptClient.connect(t, url)
  await held(app, 1)
  process.kill(app.pid, 'SIGTERM')
  await app.event('stop-announced')
  t.equal(await client.ask(), 1)
  await held(app, 1)
  process.kill(app.pid, 'SIGINT')
  t.equal(await client.raw.closed, 'end')
  t.same(await app.ended, STOPPED)
})

perLane(t, 'the end of the primary closes what it holds; the workers finish what they have', async (t, lane) => {
  const { app, url } = await serveKept(t, { workers: 1, lane, returnAfter: SOON })
  const [pid] = await app.workers(1) as [number]
  const client = await KeptClient.connect(t, url)
  await held(app, 1)
  const busy = await KeptClient.connect(t, url)
  busy.raw.get('/wait/a')
  await app.event('waits')
  process.kill(app.pid, 'SIGKILL')
  t.equal(await client.raw.closed, 'end')
  await app.event('primary-gone')
  process.kill(pid, 'SIGUSR2')
  t.match(await busy.raw.answer(), { status: 200, headers: { connection: 'close' } })
  t.same(await app.leftBehind(), [])
})

perLane(t, 'a held connection is no reason for the primary to accept new ones late: both are served', async (t, lane) => {
  const { app, url } = await serveKept(t, { workers: 1, lane, returnAfter: SOON })
  const clients = await connectKept(t, url, 100)
  await held(app, 100)
  const [fresh] = await Promise.all([request(url), ...clients.map(async client => await client.ask())])
  t.equal(fresh.status, 200)
})
