import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import t, { type Test } from 'tap'
import { hooked, type Line, start } from '../helper.js'

const WORKERS = 2
const WAYS = ['promise', 'callback', 'server'] as const

/** Checks that listen() rejects with just this error, in the way in which it was called, and that nothing is left. */
async function rejects (t: Test, listen: object, err: object, { ways = WAYS, env = {} }: { ways?: readonly string[], env?: object } = {}): Promise<void> {
  await Promise.all(ways.map(async way => {
    const app = start(t, 'listen.mjs', { ...hooked, options: { workers: WORKERS }, listen, env: { WAY: way, ...env } })
    t.same(await app.ended, { code: 0, signal: null }, `${way}: nothing keeps the primary alive`)
    t.match(app.lines, [{ event: 'listen-error', err }], way)
    t.equal(app.lines.length, 1, 'no worker was started')
    t.same(await app.leftBehind(), [])
  }))
}

async function taken (t: Test, host: string): Promise<number> {
  const server = net.createServer().listen(0, host)
  await once(server, 'listening')
  t.teardown(() => { server.close() })
  return (server.address() as net.AddressInfo).port
}

t.test('a port in use: listen() rejects in the primary with EADDRINUSE', async t => {
  const port = await taken(t, '127.0.0.1')
  const message = `listen EADDRINUSE: address already in use 127.0.0.1:${port}`
  await rejects(t, { port, host: '127.0.0.1' }, { code: 'EADDRINUSE', syscall: 'listen', address: '127.0.0.1', port, message })
  await rejects(t, { port, host: 'localhost' }, { code: 'EADDRINUSE', message }, { ways: ['callback'] })
})

t.test('a port in use by another app with the plugin: EADDRINUSE too, and that app keeps serving', async t => {
  const first = start(t, 'listen.mjs', { options: { workers: WORKERS } })
  const { address } = await first.event('listened', ({ workerId }) => workerId === undefined)
  const { port } = address as net.AddressInfo
  await rejects(t, { port, host: '127.0.0.1' }, { code: 'EADDRINUSE' }, { ways: ['promise'] })
  t.same(await first.stop(), { code: 0, signal: null })
})

t.test('a port that only root may bind: EACCES', { skip: Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8')) < 2 && 'every port is open to everybody here' }, async t => {
  await rejects(t, { port: 1, host: '127.0.0.1' }, {
    code: 'EACCES', message: 'listen EACCES: permission denied 127.0.0.1:1'
  }, { ways: ['promise'], env: { UNPRIVILEGED: '1' } })
})

t.test("another machine's address: EADDRNOTAVAIL", async t => {
  await rejects(t, { port: 0, host: '192.0.2.1' }, { code: 'EADDRNOTAVAIL', message: 'listen EADDRNOTAVAIL: address not available 192.0.2.1' }, { ways: ['promise'] })
})

t.test("a name that does not exist: the resolver's own error", async t => {
  await rejects(t, { port: 0, host: 'name.invalid' }, { syscall: 'getaddrinfo', hostname: 'name.invalid' }, { ways: ['promise'] })
})

t.test('a port out of range: ERR_SOCKET_BAD_PORT', async t => {
  for (const [port, way] of [[65536, 'promise'], [-1, 'callback']]) {
    await rejects(t, { port, host: '127.0.0.1' }, {
      code: 'ERR_SOCKET_BAD_PORT', message: `options.port should be >= 0 and < 65536. Received type number (${port}).`
    }, { ways: [way as string] })
  }
})

t.test('listen() rejects in each worker with the same error as in the primary: errno, syscall, address and port too', async t => {
  const port = await taken(t, '127.0.0.1')
  const app = start(t, 'listens-in-turn.mjs', { options: { workers: WORKERS }, env: { SECOND: JSON.stringify({ port, host: '127.0.0.1' }) } })
  const rejected = await app.events('rejected', 1 + WORKERS)
  const { error } = rejected.find(({ pid }) => pid === app.pid) as Line
  t.match(error, { name: 'Error', code: 'EADDRINUSE', errno: Number, syscall: 'listen', address: '127.0.0.1', port })
  for (const line of rejected) t.same(line.error, error)
  t.same(await app.stop(), { code: 0, signal: null })
})
