import { once } from 'node:events'
import t, { type Test } from 'tap'
import WebSocket from 'ws'
import { ca, openSession, RawClient, stream } from '../clients.js'
import { type App, perLane, start } from '../helper.js'
import { aSecondLater, held, KeptClient, LATER, returned, serveKept, SOON } from '../kept.js'

// Connections that cannot move.

const NONE = { drain: 0, time: 0, rescue: 0 }

/** @param server as in test/fixtures/server.mjs */
async function serve (t: Test, lane: string, server: object): Promise<{ app: App, url: string }> {
  const app = start(t, 'server.mjs', { options: { workers: 1, lane, returnAfter: SOON }, env: { SERVER: JSON.stringify(server) } })
  return { app, url: await app.url() }
}

/** Reloads while `closed` has not resolved; resolves when the worker that had the connection has exited. */
async function reload (t: Test, app: App): Promise<void> {
  process.kill(app.pid, 'SIGHUP')
  await app.event('reload-end')
  t.match(await app.stats(), { held: 0, workers: [{ id: 2, returned: NONE }] })
}

perLane(t, 'a TLS connection stays with its worker when it is idle, and a reload closes it', async (t, lane) => {
  const { app, url } = await serve(t, lane, { tls: {} })
  const client = await RawClient.connect(t, url)
  client.get('/')
  t.equal(await client.worker(), 1)
  t.match(await aSecondLater(app), { held: 0, workers: [{ open: 1, returned: NONE }] })
  process.kill(app.pid, 'SIGHUP')
  await app.event('drain', ({ workerId }) => workerId === 1)
  client.get('/')
  t.match(await client.answer(), { status: 200, headers: { connection: 'close' } })
  t.equal(await client.closed, 'end')
  await app.event('reload-end')
  t.match(await app.stats(), { held: 0, workers: [{ id: 2, returned: NONE }] })
})

for (const [name, server] of Object.entries({ 'over TLS': { tls: {}, fastify: { http2: true } }, 'without TLS': { fastify: { http2: true } } })) {
  perLane(t, `an HTTP/2 session ${name} stays with its worker when it is idle, and a reload closes it`, async (t, lane) => {
    const { app, url } = await serve(t, lane, server)
    const session = await openSession(t, url)
    t.equal((await stream(session, { ':path': '/' })).status, 200)
    t.match(await aSecondLater(app), { held: 0, workers: [{ open: 1, returned: NONE }] })
    const closed = once(session, 'close')
    await reload(t, app)
    await closed
  })
}

perLane(t, 'HTTP/1.1 over a server that also speaks HTTP/2 stays with its worker as well', async (t, lane) => {
  const { app, url } = await serve(t, lane, { tls: { allowHTTP1: true }, fastify: { http2: true } })
  const client = await RawClient.connect(t, url, { ca })
  client.get('/')
  t.equal((await client.answer()).status, 200)
  t.match(await aSecondLater(app), { held: 0, workers: [{ open: 1, returned: NONE }] })
})

perLane(t, 'a WebSocket stays with its worker when it is idle, and a reload closes it with 1012', async (t, lane) => {
  const { app, url } = await serve(t, lane, { ws: true })
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`)
  t.teardown(() => { socket.terminate() })
  await once(socket, 'message')
  t.match(await aSecondLater(app), { held: 0, workers: [{ open: 1, returned: NONE }] })
  socket.send('still there')
  t.equal(String((await once(socket, 'message'))[0]), 'still there')
  const closed = once(socket, 'close')
  await reload(t, app)
  t.equal((await closed)[0], 1012)
})

perLane(t, 'a WebSocket that begins on a connection that was held stays with its worker', async (t, lane) => {
  const { app, url } = await serve(t, lane, { ws: true })
  const client = await RawClient.connect(t, url)
  client.get('/')
  await client.answer()
  await held(app, 1)
  client.write('GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n')
  await client.until('{"worker":1}')
  t.match(await aSecondLater(app), { held: 0, workers: [{ open: 1, returned: { time: 1 } }] })
})

perLane(t, 'a socket that the app itself gives to its server never moves', async (t, lane) => {
  const { app, url } = await serveKept(t, { workers: 1, lane, grace: LATER, returnAfter: SOON })
  const asks = await RawClient.connect(t, url)
  asks.get('/own-port')
  const { port } = JSON.parse((await asks.answer()).body) as { port: number }
  asks.socket.destroy()
  const own = await KeptClient.connect(t, `http://127.0.0.1:${port}`)
  const stats = await aSecondLater(app)
  t.match(stats, { held: 0, workers: [{ open: 1 }] })
  t.ok(returned(stats).time <= 1, 'only the connection that asked')
  t.equal(await own.ask(), 1)
  process.kill(app.pid, 'SIGTERM')
  t.equal(await own.raw.closed, 'end')
  t.same(await app.ended, { code: 0, signal: null })
})
