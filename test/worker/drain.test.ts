import { once } from 'node:events'
import http from 'node:http'
import type net from 'node:net'
import { mock } from 'node:test'
import t, { type Test } from 'tap'
import { Connections, type OpenConnection } from '../../lib/worker/connections.js'
import { drain, type Drain } from '../../lib/worker/drain.js'
import { RawClient } from '../clients.js'

/** Connections that cannot move. Those that can are tested in returning.test.ts and in test/integration/kept-*. */
const fixed = { returning: undefined, mayReturn: () => false }

const hasty = { grace: 60_000, pace: () => 'hasty' as const, forced: () => false, ...fixed }

// Hasty drains. Ordinary ones are tested with real workers, in test/integration/drain-*.

async function serve (t: Test): Promise<{ connections: Connections, url: string }> {
  const server = http.createServer((_request, response) => { response.end() })
  server.keepAliveTimeout = 0 // it would close them too
  const connections = new Connections(server, () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return { connections, url: `http://127.0.0.1:${(server.address() as net.AddressInfo).port}` }
}

/** A connection that was served this many milliseconds ago; negative: a moment ago, however slow this process is. */
async function served (t: Test, { connections, url }: { connections: Connections, url: string }, ago: number): Promise<RawClient> {
  const client = await RawClient.connect(t, url)
  client.get('/')
  t.equal((await client.answer()).status, 200)
  for (const connection of connections) connection.usedAt = performance.now() - ago
  return client
}

t.test('a connection that has been idle before is closed without a delay', async t => {
  const { connections, url } = await serve(t)
  const client = await served(t, { connections, url }, 1_000)
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] }) // the mocked timers never fire
  t.teardown(() => { mock.timers.reset() })
  await drain(connections, { ...hasty, webSockets: () => [] })
  t.equal(await client.closed, 'end')
})

t.test('a client that was served a moment ago has its next request answered, as the last one', async t => {
  const { connections, url } = await serve(t)
  const client = await served(t, { connections, url }, -60_000)
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
  t.teardown(() => { mock.timers.reset() })
  const drained = drain(connections, { ...hasty, webSockets: () => [] })
  for (let turns = 0; turns < 10; turns++) await new Promise(setImmediate)
  client.get('/')
  t.match(await client.answer(), { status: 200, headers: { connection: 'close' } })
  await drained
})

t.test('WebSockets are closed at once', async t => {
  const { connections, url } = await serve(t)
  const client = await served(t, { connections, url }, -60_000)
  const code = await new Promise(resolve => {
    drain(connections, { ...hasty, webSockets: () => [{ close: resolve }] })
  })
  t.equal(code, 1012)
  client.socket.destroy()
})

const slow = (pace: 'gentle' | 'prompt'): Drain => ({ grace: 60_000, pace: () => pace, forced: () => false, webSockets: () => [], ...fixed })

/** Mocks the clock; returns a function that advances it by milliseconds, check by check. */
function stopClock (t: Test): (time: number) => Promise<void> {
  const { now } = performance
  let time = now.call(performance)
  performance.now = () => time
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
  t.teardown(() => {
    performance.now = now
    mock.timers.reset()
  })
  return async passes => {
    for (let passed = 0; passed < passes; passed += 50) {
      time += 50
      mock.timers.tick(50)
      for (let turns = 0; turns < 5; turns++) await new Promise(setImmediate)
    }
  }
}

t.test('a prompt drain closes a connection that was served within 200 ms, and not within 50', async t => {
  const app = await serve(t)
  const client = await served(t, app, 0)
  const pass = stopClock(t)
  const drained = drain(app.connections, slow('prompt'))
  await pass(50)
  t.equal(app.connections.count, 1)
  await pass(150)
  await drained
  t.equal(await client.closed, 'end')
})

t.test('a gentle drain leaves it open for a second', async t => {
  const app = await serve(t)
  await served(t, app, 0)
  const pass = stopClock(t)
  const drained = drain(app.connections, slow('gentle'))
  await pass(950)
  t.equal(app.connections.count, 1)
  await pass(200)
  await drained
})

t.test('a prompt drain waits for the rest of a request as a gentle one does', async t => {
  const [partial, whole] = [await serve(t), await serve(t)]
  const client = await served(t, partial, 0)
  await served(t, whole, 0)
  const [{ raw }] = [...partial.connections] as [OpenConnection]
  const before = raw.bytesRead
  client.write('GET / HTTP/1.1\r\nHost: ')
  while (raw.bytesRead === before) await new Promise(setImmediate)
  const drained = drain(partial.connections, slow('prompt'))
  await drain(whole.connections, slow('prompt')) // by now the idle one is closed
  client.write('localhost\r\n\r\n')
  t.match(await client.answer(), { status: 200, headers: { connection: 'close' } })
  await drained
})

t.test('a gentle drain becomes a prompt one when the whole server stops', async t => {
  const app = await serve(t)
  await served(t, app, 0)
  const pass = stopClock(t)
  let pace: 'gentle' | 'prompt' = 'gentle'
  const drained = drain(app.connections, { ...slow('gentle'), pace: () => pace })
  await pass(300)
  t.equal(app.connections.count, 1)
  pace = 'prompt'
  await pass(100)
  await drained
})

t.test('a forced drain cuts all connections off, except upgraded ones', async t => {
  const server = http.createServer(() => {})
  server.on('upgrade', (_request, socket) => { socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n') })
  const connections = new Connections(server, () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close() })
  const url = `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`
  const [open, upgraded] = [await RawClient.connect(t, url), await RawClient.connect(t, url)]
  upgraded.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n')
  await upgraded.until('\r\n\r\n')
  open.get('/never-answered')
  await once(server, 'request')
  const drained = drain(connections, { ...slow('prompt'), forced: () => true })
  await open.closed
  t.equal(connections.count, 1)
  upgraded.socket.end()
  for (const { raw } of connections) raw.destroy()
  await drained
})
