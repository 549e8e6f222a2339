import { once } from 'node:events'
import http from 'node:http'
import type net from 'node:net'
import { mock } from 'node:test'
import t, { type Test } from 'tap'
import { Connections } from '../../lib/worker/connections.js'
import { drain } from '../../lib/worker/drain.js'
import { RawClient } from '../clients.js'

const hasty = { grace: 60_000, pace: () => 'hasty' as const, forced: () => false }

// In haste: what an ordinary drain does is tested with real workers, in test/integration/drain-*.

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

/** A connection that was served so many milliseconds ago; less than 0: a moment ago, however slow this process is. */
async function served (t: Test, { connections, url }: { connections: Connections, url: string }, ago: number): Promise<RawClient> {
  const client = await RawClient.connect(t, url)
  client.get('/')
  t.equal((await client.answer()).status, 200)
  for (const connection of connections) connection.usedAt = performance.now() - ago
  return client
}

t.test('what has been idle before is closed without a wait', async t => {
  const { connections, url } = await serve(t)
  const client = await served(t, { connections, url }, 1_000)
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] }) // nobody turns them on
  t.teardown(() => { mock.timers.reset() })
  await drain(connections, { ...hasty, webSockets: () => [] })
  t.equal(await client.closed, 'end')
})

t.test('a client that was served a moment ago has its next request answered, the last one', async t => {
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

t.test('WebSockets are told to go right away', async t => {
  const { connections, url } = await serve(t)
  const client = await served(t, { connections, url }, -60_000)
  const code = await new Promise(resolve => {
    drain(connections, { ...hasty, webSockets: () => [{ close: resolve }] })
  })
  t.equal(code, 1012)
  client.socket.destroy()
})
