import t, { type Test } from 'tap'
import { once } from 'node:events'
import http from 'node:http'
import http2 from 'node:http2'
import net from 'node:net'
import tls from 'node:tls'
import { Connections, type OpenConnection } from '../../lib/worker/connections.js'

async function create (t: Test, server: net.Server): Promise<{ connections: Connections, counts: number[], connect: () => Promise<net.Socket>, port: number }> {
  const counts: number[] = []
  const connections: Connections = new Connections(server, () => { counts.push(connections.count) })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const clients: net.Socket[] = []
  t.teardown(() => {
    for (const client of clients) client.destroy()
    server.close()
  })
  const { port } = server.address() as net.AddressInfo
  return {
    connections,
    counts,
    port,
    async connect () {
      const client = net.connect(port, '127.0.0.1')
      clients.push(client)
      await once(server, 'connection')
      return client
    }
  }
}

t.test('open connections are counted, and each change is reported', async t => {
  const { connections, counts, connect } = await create(t, http.createServer())
  t.equal(connections.count, 0)
  const first = await connect()
  const second = await connect()
  t.equal([...connections].length, 2)
  first.destroy()
  second.destroy()
  await connections.none()
  t.same(counts, [1, 2, 1, 0])
  t.same([...connections], [])
})

t.test('none() resolves at once without connections, otherwise when the last one closes', async t => {
  const { connections, connect } = await create(t, http.createServer())
  await connections.none()
  const first = await connect()
  const second = await connect()
  const none = connections.none().then(() => connections.count)
  first.destroy()
  second.destroy()
  t.equal(await none, 0)
})

t.test('the last response begun on each connection is known before any handler of the app runs', async t => {
  const seen: unknown[] = []
  const server = http.createServer((request, response) => {
    const connection = connections.of(request) as OpenConnection
    seen.push([request.url, connection.response === response, connection.socket === request.socket, connection.raw === request.socket])
    response.end()
  })
  const { connections, connect } = await create(t, server)
  const client = await connect()
  t.same([...connections].map(({ response }) => response), [undefined])
  client.write('GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  client.resume()
  await connections.none()
  t.same(seen, [['/a', true, true, true], ['/b', true, true, true]])
})

t.test('a connection that opens and closes during an iteration does not disturb it', async t => {
  const { connections, connect } = await create(t, http.createServer())
  await connect()
  await connect()
  const walked: unknown[] = []
  for (const { raw } of connections) {
    walked.push(raw)
    raw.destroy()
    await once(raw, 'close')
  }
  t.equal(walked.length, 2)
  t.equal(connections.count, 0)
})

t.test('a TLS connection is one connection, found by its accepted socket and by its TLS socket', async t => {
  const psk = { ciphers: 'PSK', minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const
  const server = tls.createServer({ ...psk, pskCallback: () => Buffer.from('secret') })
  const { connections, port } = await create(t, server)
  const client = tls.connect({ ...psk, port, host: '127.0.0.1', checkServerIdentity: () => undefined, pskCallback: () => ({ psk: Buffer.from('secret'), identity: 'me' }) })
  const [[raw], [socket]] = await Promise.all([once(server, 'connection'), once(server, 'secureConnection')])
  t.equal(connections.count, 1)
  const [connection, ...more] = connections
  t.same(more, [])
  t.equal(connection?.raw, raw)
  t.equal(connection?.socket, socket)
  t.ok(connections.traceable)
  client.destroy()
  await connections.none()
  t.same([...connections], [])
})

t.test('if Node does not expose the accepted socket of a TLS socket, traceable is false', async t => {
  const server = tls.createServer()
  const connections = new Connections(server, () => {})
  server.emit('secureConnection', { _handle: {}, once () {}, isSessionReused: () => false })
  t.notOk(connections.traceable)
})

t.test('HTTP/2 sessions are known while they live, and their streams do not count as responses of a connection', async t => {
  const server = http2.createServer()
  const { connections, port } = await create(t, server)
  server.on('request', (request, response) => {
    t.equal(connections.of(request as unknown as http.IncomingMessage), undefined)
    response.end()
  })
  const client = http2.connect(`http://127.0.0.1:${port}`)
  const stream = client.request()
  stream.resume()
  await once(stream, 'end')
  t.equal(connections.count, 1)
  t.equal(connections.sessions.size, 1)
  t.same([...connections].map(({ response }) => response), [undefined])
  const [session] = connections.sessions
  client.close()
  await Promise.all([once(session as http2.ServerHttp2Session, 'close'), connections.none()])
  t.equal(connections.sessions.size, 0)
})

t.test('suspects are the last five requests, newest first, and those with an open response', async t => {
  const waiting: http.ServerResponse[] = []
  const server = http.createServer((request, response) => {
    if (request.url === '/open') waiting.push(response)
    else response.end()
  })
  const { connections, connect } = await create(t, server)
  const suspects = (): Array<string | undefined> => [...connections.suspects()].map(({ url }) => url)
  const client = await connect()
  client.write('GET /open HTTP/1.1\r\nHost: x\r\n\r\n')
  await once(server, 'request')
  t.same(suspects(), ['/open', '/open'], 'as both')
  const other = await connect()
  other.resume()
  for (const path of 'abcdef') {
    other.write(`GET /${path} HTTP/1.1\r\nHost: x\r\n\r\n`)
    await once(server, 'request')
  }
  await once(other, 'data')
  while ([...connections].some(({ response }) => response?.req.url === '/f' && !response.destroyed)) await new Promise(setImmediate)
  t.same(suspects(), ['/f', '/e', '/d', '/c', '/b', '/open'])
  connections.age()
  t.equal(suspects().length, 6, 'they began in this second or the last')
  connections.age()
  t.same(suspects(), ['/open'])
  for (const response of waiting) response.end()
  await once(client, 'data')
  while (waiting.some(({ destroyed }) => !destroyed)) await new Promise(setImmediate)
  t.same(suspects(), [])
})

t.test('an HTTP/2 request may be a suspect as well', async t => {
  const server = http2.createServer((request, response) => { response.end() })
  const { connections, port } = await create(t, server)
  const client = http2.connect(`http://127.0.0.1:${port}`)
  t.teardown(() => { client.destroy() })
  const stream = client.request({ ':path': '/two' })
  stream.resume()
  await once(stream, 'end')
  t.same([...connections.suspects()].map(({ method, url }) => [method, url]), [['GET', '/two']])
})
