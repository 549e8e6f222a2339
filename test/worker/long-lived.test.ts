import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import httpProxy from '@fastify/http-proxy'
import websocket from '@fastify/websocket'
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import WebSocket, { WebSocketServer } from 'ws'
import { endLongLived, webSocketsOf } from '../../lib/worker/long-lived.js'
import { RawClient } from '../clients.js'

const log = { error (line: object) { t.fail(JSON.stringify(line)) } } as unknown as FastifyBaseLogger

const UPGRADE = [
  'GET /ws HTTP/1.1', 'Host: localhost', 'Connection: Upgrade', 'Upgrade: websocket',
  'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: c2hhcmVkLWZhc3RpZnktMQ==', '', ''
].join('\r\n')

async function listen (t: Test, fastify: FastifyInstance): Promise<string> {
  const url = await fastify.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(async () => { await fastify.close() })
  return url
}

async function open (t: Test, url: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`)
  t.teardown(() => { socket.terminate() })
  await once(socket, 'open')
  return socket
}

async function closedWith (socket: WebSocket): Promise<number> {
  return (await once(socket, 'close') as [number])[0]
}

async function withWebSockets (t: Test, preClose?: (this: FastifyInstance, done: () => void) => void): Promise<{ fastify: FastifyInstance, url: string }> {
  const fastify = Fastify()
  await fastify.register(websocket, preClose === undefined ? {} : { preClose })
  fastify.get('/ws', { websocket: true }, () => {})
  fastify.get('/', async () => 'served')
  return { fastify, url: await listen(t, fastify) }
}

t.test('a WebSocket that the plugin closes without a code gets the code to reconnect', async t => {
  const { fastify, url } = await withWebSockets(t)
  const closed = closedWith(await open(t, url))
  await endLongLived(fastify, 60_000, log)
  t.equal(await closed, 1012)
})

t.test("the app's own last message and its own close code are sent", async t => {
  const { fastify, url } = await withWebSockets(t, function (done) {
    for (const client of this.websocketServer.clients) {
      client.send('bye')
      client.close(4000, 'in peace')
    }
    done()
  })
  const socket = await open(t, url)
  const said = once(socket, 'message')
  const closed = once(socket, 'close')
  await endLongLived(fastify, 60_000, log)
  t.equal(String((await said)[0]), 'bye')
  t.same((await closed).map(String), ['4000', 'in peace'])
})

t.test('an upgrade that arrives after the plugin has closed is answered 503, and other requests are served', async t => {
  const { fastify, url } = await withWebSockets(t)
  const [upgrading, asking] = [await RawClient.connect(t, url), await RawClient.connect(t, url)]
  await endLongLived(fastify, 60_000, log)
  upgrading.write(UPGRADE)
  t.match(await upgrading.answer(), { status: 503, headers: { connection: 'close' } })
  t.equal(await upgrading.closed, 'end')
  asking.get('/')
  t.match(await asking.answer(), { status: 200, body: 'served' })
})

t.test('WebSockets of plugins are found in any context, including those older than this plugin', async t => {
  const fastify = Fastify()
  fastify.register(async child => {
    await child.register(websocket)
    child.get('/ws', { websocket: true }, () => {})
  })
  const url = await listen(t, fastify)
  await open(t, url)
  t.equal([...webSocketsOf(fastify)].length, 1)
})

t.test('WebSockets of @fastify/http-proxy, which replaces server.close(), end; idle connections stay, and Fastify closes afterwards', async t => {
  const upstream = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  t.teardown(() => { upstream.close() })
  await once(upstream, 'listening')
  const fastify = Fastify()
  fastify.register(httpProxy, { upstream: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`, websocket: true, prefix: '/ws' })
  fastify.get('/', async () => 'served')
  const url = await listen(t, fastify)
  const idle = await RawClient.connect(t, url)
  idle.get('/')
  t.equal((await idle.answer()).status, 200)
  const closed = once(await open(t, url), 'close')
  const done = await endLongLived(fastify, 60_000, log)
  await closed
  await new Promise(setImmediate)
  idle.get('/')
  t.match(await idle.answer(), { status: 200, body: 'served' })
  done()
  await fastify.close()
  t.equal(await idle.closed, 'end')
})

t.test('a WebSocket that a hook leaves open has its own close() again', async t => {
  const { fastify, url } = await withWebSockets(t, done => { done() })
  await open(t, url)
  await endLongLived(fastify, 60_000, log)
  const [client] = webSocketsOf(fastify)
  t.notOk(Object.hasOwn(client as object, 'close'))
})

t.test('an app with another decorator named websocketServer drains nevertheless', async t => {
  const fastify = Fastify()
  fastify.decorate('websocketServer' as never, { clients: 3 } as never)
  await listen(t, fastify)
  t.same([...webSocketsOf(fastify)], [])
  await endLongLived(fastify, 60_000, log)
})

t.test('an exception while long-lived connections are ended is logged, and the drain goes on', async t => {
  const fastify = Fastify()
  fastify.decorate('websocketServer' as never, { getter () { throw new Error('not there') } } as never)
  await listen(t, fastify)
  const lines: object[] = []
  const done = await endLongLived(fastify, 60_000, { error (line: object) { lines.push(line) } } as unknown as FastifyBaseLogger)
  done()
  t.match(lines, [{ event: 'pre-close', err: { message: 'not there' } }])
})
