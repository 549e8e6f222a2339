import t from 'tap'
import { once } from 'node:events'
import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import net from 'node:net'
import tls from 'node:tls'
import Fastify from 'fastify'
import { assertNodeSupported, bindPath, bindTcp, isFull, isListening, isUpgraded, listenOn, nextListening, openConnections, openDescriptor, type RawHandle, rawSocket, type SocketName, socketOn, speaks } from '../../lib/platform/node-internals.js'
import { SharedHandle } from '../../lib/fastify/shared-handle.js'
import { shortFolder } from '../fakes.js'

t.test('this Node has everything that the plugin needs', async t => {
  t.doesNotThrow(assertNodeSupported)
})

t.test('a Node that lacks something is refused, with the name of what it lacks', async t => {
  const listen2 = Object.getOwnPropertyDescriptor(net.Server.prototype, '_listen2') as PropertyDescriptor
  t.teardown(() => { Object.defineProperty(net.Server.prototype, '_listen2', listen2) })
  Object.defineProperty(net.Server.prototype, '_listen2', { value: undefined, configurable: true, writable: true })
  t.throws(assertNodeSupported, { code: 'SHARED_PORT_ERR_NODE_UNSUPPORTED', message: /^Node v\S+ lacks server\._listen2, / })
})

t.test('a bound port is a handle with the requested address', async t => {
  const handle = bindTcp('127.0.0.1', 0) as RawHandle
  t.teardown(() => { handle.close() })
  const name: Partial<SocketName> = {}
  t.equal(handle.getsockname?.(name), 0)
  t.match(name, { address: '127.0.0.1', family: 'IPv4', port: Number })
})

t.test("another machine's address, and an invalid descriptor, return negative numbers", async t => {
  t.ok(bindTcp('192.0.2.1', 0) as number < 0)
  t.ok(openDescriptor(9999) as number < 0)
  t.ok(bindPath(`${shortFolder(t)}/none/socket`) as number < 0)
})

t.test('a server on our handle serves injected connections, counts them, and waits for them', async t => {
  const bound = bindTcp('127.0.0.1', 0) as RawHandle
  const name = {} as SocketName
  bound.getsockname?.(name)
  const accepted = new Promise<RawHandle>(resolve => { bound.onconnection = (status, client) => { resolve(client) } })
  t.equal(bound.listen(5), 0)
  const server = http.createServer()
  const handle = new SharedHandle(name, () => { bound.close() })
  listenOn(server, handle, name)
  await once(server, 'listening')

  const client = net.connect(name.port, name.address).setEncoding('utf8')
  let text = ''
  client.on('data', chunk => { text += chunk })
  t.equal(openConnections(server), 0)
  handle.onconnection?.(0, await accepted)
  t.equal(openConnections(server), 1)
  client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  const [, response] = await once(server, 'request') as [unknown, http.ServerResponse]
  server.close()
  response.end('served')
  await Promise.all([once(client, 'end'), once(server, 'close')])
  t.match(text, /^HTTP\/1\.1 200 OK[^]*served$/)
  t.equal(openConnections(server), 0)
})

t.test('a socket on the handle of a connection writes, reads into a given buffer, and closes', async t => {
  const bound = bindTcp('127.0.0.1', 0) as RawHandle
  t.teardown(() => { bound.close() })
  const name = {} as SocketName
  bound.getsockname?.(name)
  const accepted = new Promise<RawHandle>(resolve => { bound.onconnection = (status, client) => { resolve(client) } })
  bound.listen(5)
  const client = net.connect(name.port, name.address).setEncoding('utf8')
  const buffer = Buffer.alloc(10)
  const sizes: number[] = []
  const options = { readable: true, writable: true, onread: { buffer, callback: (size: number) => sizes.push(size) > 0 } }
  const socket = socketOn(await accepted, options)
  socket.end('from the server')
  t.equal((await once(client, 'data'))[0], 'from the server')
  client.end('hello')
  await once(socket, 'close')
  t.same(sizes, [5])
  t.equal(buffer.toString('utf8', 0, 5), 'hello')
})

t.test("the server's address is that of the handle", async t => {
  const tcp = net.createServer()
  listenOn(tcp, new SharedHandle({ address: '::1', family: 'IPv6', port: 81 }, () => {}), { address: '::1', family: 'IPv6', port: 81 })
  await once(tcp, 'listening')
  t.same(tcp.address(), { address: '::1', family: 'IPv6', port: 81 })
  const unix = net.createServer()
  listenOn(unix, new SharedHandle('/tmp/s', () => {}), '/tmp/s')
  await once(unix, 'listening')
  t.equal(unix.address(), '/tmp/s')
  for (const server of [tcp, unix]) {
    t.ok(server.listening)
    server.close()
    await once(server, 'close')
    t.notOk(server.listening)
  }
})

t.test('a call of listen() is outdated after close(), and after another call', async t => {
  const server = net.createServer()
  const first = nextListening(server)
  t.ok(isListening(server, first))
  const second = nextListening(server)
  t.notOk(isListening(server, first))
  t.ok(isListening(server, second))
  server.close(() => {})
  t.notOk(isListening(server, second))
})

t.test('a server is full when Node would drop the next connection', async t => {
  const server = net.createServer() as net.Server & { maxConnections: unknown }
  for (const [most, open, more, full] of [
    [undefined, 1000, 0, false], [null, 1000, 0, false], [NaN, 1000, 0, false],
    [1, 0, 0, false], [1, 0, 1, true], [1, 1, 0, true],
    [3, 2, 0, false], [3, 2, 1, true], [3, 3, 0, true], [3, 1, 1, false]
  ] as const) {
    server.maxConnections = most as number
    Object.assign(server, { _connections: open })
    t.equal(isFull(server, more), full, `${most}, ${open} open and ${more} more`)
  }
})

t.test('isFull treats maxConnections 0 as this Node does', async t => {
  const server = net.createServer().listen(0, '127.0.0.1')
  server.maxConnections = 0
  t.teardown(() => server.close())
  await once(server, 'listening')
  const said = isFull(server, 0)
  const client = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1')
  const dropped = await Promise.race([
    once(server, 'connection').then(([socket]) => {
      (socket as net.Socket).destroy()
      return false
    }),
    once(server, 'drop').then(() => true)
  ])
  client.destroy()
  t.equal(said, dropped)
})

t.test("a server's protocol is recognized", async t => {
  t.equal(speaks(http.createServer()), 'http1')
  t.equal(speaks(https.createServer()), 'http1')
  t.equal(speaks(http2.createServer()), 'h2c')
  t.equal(speaks(http2.createSecureServer()), 'h2')
  t.equal(speaks(http2.createSecureServer({ allowHTTP1: true })), 'h2')
  for (const options of [{}, { http2: true }, { https: {} }, { http2: true, https: { allowHTTP1: true } }]) {
    const fastify = Fastify(options as object)
    const expected = 'http2' in options ? ('https' in options ? 'h2' : 'h2c') : 'http1'
    t.equal(speaks(fastify.server as net.Server), expected, `Fastify with ${JSON.stringify(options)}`)
  }
})

t.test('the socket below a TLS socket is the accepted one', async t => {
  const server = tls.createServer({ ciphers: 'PSK', minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', pskCallback: () => Buffer.from('secret') })
  server.listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const client = tls.connect({
    port: (server.address() as net.AddressInfo).port,
    host: '127.0.0.1',
    ciphers: 'PSK',
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.2',
    checkServerIdentity: () => undefined,
    pskCallback: () => ({ psk: Buffer.from('secret'), identity: 'me' })
  })
  const [[raw], [secure]] = await Promise.all([once(server, 'connection'), once(server, 'secureConnection')])
  t.equal(rawSocket(secure as tls.TLSSocket), raw)
  client.destroy()
  await once(secure as tls.TLSSocket, 'close')
  t.equal(rawSocket(secure as tls.TLSSocket), undefined, 'unknown after its close')
})

t.test('an upgraded socket is distinguished from one that the HTTP server still reads', async t => {
  const server = http.createServer((request, response) => { response.end(String(isUpgraded(request.socket))) })
  server.on('upgrade', (request, socket: net.Socket) => { socket.end(String(isUpgraded(socket))) })
  server.listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  for (const [headers, answer] of [['', 'false'], ['Connection: upgrade\r\nUpgrade: x\r\n', 'true']] as const) {
    const client = net.connect(port, '127.0.0.1').setEncoding('utf8')
    client.end(`GET / HTTP/1.1\r\nHost: a\r\n${headers}\r\n`)
    let text = ''
    client.on('data', chunk => { text += chunk })
    await once(client, 'end')
    t.ok(text.endsWith(answer), text)
  }
})
