import t, { type Test } from 'tap'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, lstatSync, openSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { networkInterfaces } from 'node:os'
import { dirname } from 'node:path'
import { type GivenListenOptions, readListenTarget } from '../../../lib/fastify/listen-target.js'
import { bind, type Bound } from '../../../lib/primary/ports/listener.js'
import type { SocketName } from '../../../lib/platform/node-internals.js'
import { shortFolder } from '../../fakes.js'
import { killChildAtEnd } from '../../reaper.js'

async function bound (t: Test, given: GivenListenOptions): Promise<Bound[]> {
  const all = await bind(readListenTarget(given))
  t.teardown(() => { for (const { handle } of all) handle.close() })
  return all
}

async function listening (t: Test, options: net.ListenOptions): Promise<net.Server> {
  const server = net.createServer().listen(options)
  await once(server, 'listening')
  t.teardown(() => server.close())
  return server
}

const portOf = (server: net.Server): number => (server.address() as net.AddressInfo).port

interface NetError { message: string, code: string, errno: number, syscall: string, address: string }

/** The error of net for the same call. */
async function realError (options: net.ListenOptions): Promise<NetError> {
  return await new Promise(resolve => { net.createServer().listen(options).once('error', err => { resolve(err as unknown as NetError) }) })
}

/** Leaves the file of a Unix socket, like a killed server. */
function leaveBehind (path: string): void {
  execFileSync(process.execPath, ['-e', 'net.createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))', path], { stdio: 'ignore' })
}

const hasIPv6 = Object.values(networkInterfaces()).flat().some(found => found?.family === 'IPv6')

t.test('port 0 is chosen by the kernel, differently for two calls', async t => {
  const [[a], [b]] = [await bound(t, { port: 0, host: '127.0.0.1' }), await bound(t, { port: 0, host: '127.0.0.1' })] as [[Bound], [Bound]]
  t.match(a.name, { address: '127.0.0.1', family: 'IPv4', port: Number })
  t.not((a.name as SocketName).port, (b.name as SocketName).port)
})

t.test('a bound port accepts connections once it listens, not before', async t => {
  const [{ handle, name }] = await bound(t, { port: 0, host: '127.0.0.1' }) as [Bound]
  const { port, address } = name as SocketName
  const refused = net.connect(port, address)
  t.match(await once(refused, 'error'), [{ code: 'ECONNREFUSED' }])
  const accepted = new Promise<number>(resolve => {
    handle.onconnection = (status, client) => {
      client.close()
      resolve(status)
    }
  })
  t.equal(handle.listen(5), 0)
  const client = net.connect(port, address)
  t.equal(await accepted, 0)
  client.destroy()
})

t.test('a port in use is EADDRINUSE before anything listens, with the same message as from net', async t => {
  const host = '127.0.0.1'
  const port = portOf(await listening(t, { port: 0, host }))
  const { message, code, errno, syscall, address } = await realError({ port, host })
  await t.rejects(bind(readListenTarget({ port, host })), { message, code, errno, syscall, address, port })
  t.equal(code, 'EADDRINUSE')
})

t.test("another machine's address is EADDRNOTAVAIL, with the same message as from net", async t => {
  const { message, code, errno, syscall } = await realError({ port: 0, host: '192.0.2.1' })
  await t.rejects(bind(readListenTarget({ port: 0, host: '192.0.2.1' })), { message, code, errno, syscall })
  t.equal(code, 'EADDRNOTAVAIL')
})

t.test("a host that does not exist is ENOTFOUND or the resolver's error, as from net", async t => {
  const { code } = await realError({ port: 0, host: 'none.invalid' })
  await t.rejects(bind(readListenTarget({ port: 0, host: 'none.invalid' })), { code, syscall: 'getaddrinfo', hostname: 'none.invalid' })
})

t.test('without a host, all addresses of both families are bound', { skip: !hasIPv6 && 'no IPv6 here' }, async t => {
  const [{ handle, name }, ...more] = await bound(t, { port: 0 }) as [Bound]
  t.same(more, [])
  t.match(name, { address: '::', family: 'IPv6', port: Number })
  handle.listen(5)
  for (const host of ['127.0.0.1', '::1']) {
    const client = net.connect((name as SocketName).port, host)
    await once(client, 'connect')
    client.destroy()
  }
})

t.test('ipv6Only leaves IPv4 to other servers', { skip: !hasIPv6 && 'no IPv6 here' }, async t => {
  const [{ name }] = await bound(t, { port: 0, host: '::', ipv6Only: true }) as [Bound]
  await listening(t, { port: (name as SocketName).port, host: '0.0.0.0' })
})

t.test('without a host, a port in use is EADDRINUSE, and not bound for one family only', { skip: !hasIPv6 && 'no IPv6 here' }, async t => {
  const port = portOf(await listening(t, { port: 0, host: '::' }))
  await t.rejects(bind(readListenTarget({ port })), { code: 'EADDRINUSE' })
})

t.test('localhost is every address that the resolver returns for it, on one port', async t => {
  const { default: dns } = await import('node:dns/promises')
  const found = await dns.lookup('localhost', { all: true })
  const all = await bound(t, { port: 0, host: 'localhost' })
  const names = all.map(({ name }) => name as SocketName)
  t.same(names.map(({ address }) => address), [...new Set(found.map(({ address }) => address))])
  t.equal(new Set(names.map(({ port }) => port)).size, 1)
})

for (const { promise, port, taken } of [
  { promise: 'if the second address of localhost is in use, it is left out, as Fastify does', port: 'fixed', taken: '::1' },
  { promise: 'if the first address of localhost is in use, the error is EADDRINUSE', port: 'fixed', taken: '127.0.0.1' },
  { promise: 'with port 0, localhost gets a port that is free on both addresses', port: 'any', taken: '::1' }
]) {
  t.test(promise, { skip: !hasIPv6 && 'no IPv6 here' }, async t => {
    const addresses = ['127.0.0.1', '::1']
    const { bind } = await t.mockImport('../../../lib/primary/ports/listener.js', {
      'node:dns/promises': { default: { lookup: async () => addresses.map(address => ({ address })) } }
    }) as typeof import('../../../lib/primary/ports/listener.js')
    const busy = portOf(await listening(t, { port: 0, host: taken, ipv6Only: true }))
    const target = readListenTarget({ port: port === 'any' ? 0 : busy, host: 'localhost' })
    if (taken === '127.0.0.1') return await t.rejects(bind(target), { code: 'EADDRINUSE' })
    const all = await bind(target)
    t.teardown(() => { for (const { handle } of all) handle.close() })
    t.same(all.map(({ name }) => (name as SocketName).address), port === 'any' ? addresses : ['127.0.0.1'])
    return t.equal(new Set(all.map(({ name }) => (name as SocketName).port)).size, 1)
  })
}

// Unix sockets.

t.test('a path is bound, and its file is only removed when it is told to be: another process may have the socket too', async t => {
  const path = `${shortFolder(t)}/s`
  const [{ handle, name, file }] = await bind(readListenTarget({ path })) as [Bound]
  t.equal(name, path)
  t.ok(lstatSync(path).isSocket())
  t.same(readdirSync(dirname(path)), ['s'])
  await new Promise<void>(resolve => { handle.close(resolve) })
  t.ok(existsSync(path))
  file?.remove()
  t.notOk(existsSync(path))
})

t.test("a dead server's socket file is replaced", async t => {
  const path = `${shortFolder(t)}/s`
  try {
    leaveBehind(path)
  } catch {} // it was killed
  t.ok(lstatSync(path).isSocket(), 'it is there')
  const { code } = await realError({ path })
  t.equal(code, 'EADDRINUSE', 'net alone would not')
  const [{ handle }] = await bound(t, { path }) as [Bound]
  handle.listen(5)
  const client = net.connect(path)
  await once(client, 'connect')
  client.destroy()
})

t.test('a socket in use is EADDRINUSE, and goes on serving', async t => {
  const path = `${shortFolder(t)}/s`
  const server = await listening(t, { path })
  server.on('connection', socket => socket.on('error', () => {}).end('alive'))
  const { message, code, errno, syscall } = await realError({ path })
  await t.rejects(bind(readListenTarget({ path })), { message, code, errno, syscall })
  t.equal(code, 'EADDRINUSE')
  const client = net.connect(path).setEncoding('utf8')
  t.same(await once(client, 'data'), ['alive'])
})

t.test('a socket in use that is too busy to answer is EADDRINUSE, and stays', async t => {
  const path = `${shortFolder(t)}/s`
  const child = spawn(process.execPath, ['-e', `
    net.createServer().listen({ path: process.argv[1], backlog: 1 }, () => {
      process.stdout.write('up')
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
    })`, path], { stdio: ['ignore', 'pipe', 'ignore'] })
  t.teardown(() => child.kill('SIGKILL'))
  killChildAtEnd(child)
  await once(child.stdout, 'data')
  const waiting = Array.from({ length: 4 }, () => net.connect(path).on('error', () => {}))
  t.teardown(() => { for (const client of waiting) client.destroy() })
  await t.rejects(bind(readListenTarget({ path })), { code: 'EADDRINUSE' })
  t.ok(existsSync(path))
})

t.test('a regular file at the path is EADDRINUSE, and stays', async t => {
  const path = `${shortFolder(t)}/s`
  writeFileSync(path, 'precious')
  await t.rejects(bind(readListenTarget({ path })), { code: 'EADDRINUSE' })
  t.ok(existsSync(path))
})

t.test('a link at the path is EADDRINUSE, and stays, even one to a dead socket', async t => {
  const folder = shortFolder(t)
  try {
    leaveBehind(`${folder}/dead`)
  } catch {} // it was killed
  symlinkSync(`${folder}/dead`, `${folder}/s`)
  await t.rejects(bind(readListenTarget({ path: `${folder}/s` })), { code: 'EADDRINUSE' })
  t.ok(lstatSync(`${folder}/s`).isSymbolicLink())
  t.ok(existsSync(`${folder}/dead`))
})

t.test('an abstract name in use is EADDRINUSE', { skip: process.platform !== 'linux' && 'a Linux thing' }, async t => {
  const path = `\0shared-fastify-${process.pid}`
  await bound(t, { path })
  await t.rejects(bind(readListenTarget({ path })), { code: 'EADDRINUSE' })
})

for (const [options, mode] of [[{}, 0], [{ readableAll: true }, 0o444], [{ writableAll: true }, 0o222], [{ readableAll: true, writableAll: true }, 0o666]] as const) {
  t.test(`the permissions of a socket file are as configured: ${JSON.stringify(options)}`, async t => {
    const folder = shortFolder(t)
    const umask = process.umask(0o777)
    t.teardown(() => process.umask(umask))
    const path = `${folder}/s`
    await bound(t, { path, ...options })
    t.equal(statSync(path).mode & 0o777, mode)
  })
}

// Inherited descriptors.

t.test('a listening descriptor is used, with its address', async t => {
  const server = await listening(t, { port: 0, host: '127.0.0.1' })
  const { fd } = (server as unknown as { _handle: { fd: number } })._handle
  const { name } = await new Promise<{ name: SocketName }>((resolve, reject) => {
    // In a process of its own, because two libuv handles for one descriptor interfere.
    const child = spawn(process.execPath, ['-e', `
      import(${JSON.stringify(new URL('../../../dist/primary/ports/listener.js', import.meta.url).href)}).then(async ({ bind }) => {
        const [{ name }] = await bind({ fd: 3 })
        console.log(JSON.stringify({ name }))
      })`], { stdio: ['ignore', 'pipe', 'inherit', fd] })
    child.once('error', reject)
    child.stdout?.once('data', text => { resolve(JSON.parse(String(text)) as { name: SocketName }) })
  })
  t.same(name, server.address())
})

t.test('listening on a descriptor that is not open fails', async t => {
  await t.rejects(bind(readListenTarget({ fd: 9999 })), { code: 'SHARED_PORT_ERR_FD', message: 'File descriptor 9999 is not a listening socket', cause: { code: 'EINVAL' } })
})

t.test("listening on a file's descriptor fails, and the descriptor stays open", async t => {
  const fd = openSync('/dev/null', 'r')
  await t.rejects(bind(readListenTarget({ fd })), { code: 'SHARED_PORT_ERR_FD' })
  t.doesNotThrow(() => { closeSync(fd) })
})
