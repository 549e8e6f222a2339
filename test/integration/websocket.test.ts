import { once } from 'node:events'
import t, { type Test } from 'tap'
import WebSocket from 'ws'
import { ca, RawClient } from '../clients.js'
import { type App, inTurn, start } from '../helper.js'

interface Open { socket: WebSocket, worker: number }

async function serve (t: Test, server: object = {}, options: object = {}): Promise<{ app: App, url: string }> {
  const app = start(t, 'server.mjs', { options: { workers: 2, ...inTurn, ...options }, env: { SERVER: JSON.stringify({ ws: true, ...server }) } })
  return { app, url: await app.url() }
}

/** Opens a WebSocket; the app's first message names its worker. */
async function open (t: Test, url: string): Promise<Open> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, { ca })
  t.teardown(() => { socket.terminate() })
  const [hello] = await once(socket, 'message') as [Buffer]
  return { socket, worker: (JSON.parse(hello.toString()) as { worker: number }).worker }
}

for (const [name, server] of Object.entries({ 'without TLS': {}, 'over TLS': { tls: {} } })) {
  t.test(`WebSockets ${name} are served by all workers, and each stays with its own`, async t => {
    const { url } = await serve(t, server)
    const opened = [await open(t, url), await open(t, url), await open(t, url), await open(t, url)]
    t.same(opened.map(({ worker }) => worker).sort(), [1, 1, 2, 2])
    await Promise.all(opened.map(async ({ socket }, place) => {
      for (const message of [`text ${place}`, Buffer.alloc(100_000, place)]) {
        socket.send(message)
        const [echo, isBinary] = await once(socket, 'message') as [Buffer, boolean]
        t.equal(isBinary, typeof message !== 'string')
        t.ok(echo.equals(Buffer.from(message)))
      }
    }))
  })
}

/** So long that a test would time out if anything waited for it. */
const NEVER = 600_000

for (const [name, signal] of [['stop', 'SIGTERM'], ['reload', 'SIGHUP']] as const) {
  t.test(`WebSockets are told to reconnect (1012) when a ${name} begins, as the plugin closes them in a single process`, async t => {
    const { app, url } = await serve(t, {}, { grace: NEVER })
    const opened = [await open(t, url), await open(t, url), await open(t, url)]
    const closed = opened.map(async ({ socket }) => (await once(socket, 'close') as [number])[0])
    process.kill(app.pid, signal)
    t.same(await Promise.all(closed), [1012, 1012, 1012])
    await app.events('worker-exit', 2)
    t.same(app.lines.filter(({ event }) => event === 'ws-closed').map(({ code }) => code), [1012, 1012, 1012])
  })
}

t.test("WebSockets that the plugin's own preClose leaves open are served during a stop, and told to reconnect (1012) before grace is over", async t => {
  const { app, url } = await serve(t, { ws: 'own-pre-close' }, { grace: 2000 })
  const opened = [await open(t, url), await open(t, url), await open(t, url)]
  const closed = opened.map(async ({ socket }) => (await once(socket, 'close') as [number])[0])
  process.kill(app.pid, 'SIGTERM')
  await app.event('stop')
  for (const { socket } of opened) {
    socket.send('still there?')
    t.equal(String((await once(socket, 'message'))[0]), 'still there?')
  }
  t.same(await Promise.all(closed), [1012, 1012, 1012])
  t.same(await app.ended, { code: 0, signal: null })
  t.same(app.lines.filter(({ event }) => event === 'ws-closed').map(({ code }) => code), [1012, 1012, 1012])
})

t.test('a WebSocket that does not answer its close is ended when grace is over', async t => {
  const { app, url } = await serve(t, { ws: 'own-pre-close' }, { grace: 1000 })
  const client = await RawClient.connect(t, url)
  client.write([
    'GET /ws HTTP/1.1', 'Host: localhost', 'Connection: Upgrade', 'Upgrade: websocket',
    'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: c2hhcmVkLWZhc3RpZnktMQ==', '', ''
  ].join('\r\n'))
  await client.until('"worker"')
  process.kill(app.pid, 'SIGTERM')
  await client.until('\x88\x02\x03\xf4') // a close frame with 1012; this client ignores it
  await client.closed
  t.same(await app.ended, { code: 0, signal: null })
  t.notOk(app.lines.some(({ event }) => event === 'worker-kill'))
})
