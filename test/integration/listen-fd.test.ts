import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, renameSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { hooked, inTurn, perLane, request, start } from '../helper.js'

const WORKERS = 2

const folder = mkdtempSync(join(tmpdir(), 'shared-fastify-'))
t.teardown(() => { rmSync(folder, { recursive: true }) })

perLane(t, 'fd: an inherited listening descriptor is served, with the address that it is bound to', async (t, lane) => {
  const socket = net.createServer().listen(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address() as net.AddressInfo
  const app = start(t, 'listen.mjs', { options: { workers: WORKERS, lane, ...inTurn }, listen: { fd: 3 }, inherit: [socket] })
  socket.close() // the app has its own
  for (const line of await app.events('listened', WORKERS + 1)) {
    t.match(line, { result: `http://127.0.0.1:${port}`, listening: true, address: { address: '127.0.0.1', port } })
    t.same(line.addresses, [{ address: '127.0.0.1', family: 'IPv4', port }])
  }
  const answers: Array<{ worker: number, ip?: string }> = []
  for (let i = 0; i < 4; i++) answers.push(JSON.parse((await request(`http://127.0.0.1:${port}`)).body))
  t.same(answers.map(({ worker }) => worker).sort(), [1, 1, 2, 2])
  for (const { ip } of answers) t.equal(ip, '127.0.0.1')
  t.same(await app.stop(), { code: 0, signal: null })
})

perLane(t, 'fd: an inherited Unix socket is served, by one server', async (t, lane) => {
  const [before, path] = [join(folder, `${lane}.before`), join(folder, `${lane}.sock`)]
  const socket = net.createServer().listen(before)
  await once(socket, 'listening')
  const app = start(t, 'listen.mjs', { options: { workers: WORKERS, lane, ...inTurn }, listen: { fd: 3 }, inherit: [socket], ...hooked })
  renameSync(before, path) // or the next line would remove it
  socket.close()
  // One server in each process. Fastify takes a descriptor for `localhost`, and would make a second server.
  for (const line of await app.events('listened', WORKERS + 1)) t.match(line, { listening: true, addresses: { length: 1 } })
  const answers: Array<{ worker: number, ip?: string }> = []
  for (let i = 0; i < 4; i++) answers.push(JSON.parse((await request('http://localhost', { socketPath: path })).body))
  t.same(answers.map(({ worker }) => worker).sort(), [1, 1, 2, 2])
  t.same(await app.stop(), { code: 0, signal: null })
})

t.test("fd: a server of the app in a worker cannot get listen()'s descriptor through node:cluster, and the worker survives", async t => {
  const socket = net.createServer().listen(0, '127.0.0.1')
  await once(socket, 'listening')
  const app = start(t, 'fd-twice.mjs', { options: { workers: 1 }, listen: { fd: 3 }, inherit: [socket] })
  socket.close()
  t.match(await app.event('own'), { code: 'EADDRINUSE' })
  await app.event('asked-again')
  t.same(app.lines.filter(({ event }) => event === 'worker-exit'), [])
  t.same(await app.stop(), { code: 0, signal: null })
})

/** Descriptors that can be inherited and are not listening sockets. */
const others: Record<string, (t: Test) => Promise<number | net.Socket>> = {
  'a file': async t => {
    const fd = openSync(join(folder, 'file'), 'w')
    t.teardown(() => { closeSync(fd) })
    return fd
  },
  'a connected TCP socket': async t => await connected(t, { port: 0, host: '127.0.0.1' }),
  'a connected Unix socket': async t => await connected(t, { path: join(folder, 'server.sock') })
}

for (const [name, open] of Object.entries(others)) {
  t.test(`fd: ${name} is not a listening socket: SHARED_PORT_ERR_FD, and no worker`, async t => {
    const app = start(t, 'listen.mjs', { ...hooked, options: { workers: WORKERS }, listen: { fd: 3 }, inherit: [await open(t)] })
    t.same(await app.ended, { code: 0, signal: null })
    t.match(app.lines, [{ event: 'listen-error', msg: 'File descriptor 3 is not a listening socket', err: { code: 'SHARED_PORT_ERR_FD' } }])
    t.equal(app.lines.length, 1)
  })
}

t.test('fd: a descriptor that is not open: SHARED_PORT_ERR_FD, and no worker', async t => {
  const app = start(t, 'listen.mjs', { options: { workers: WORKERS, lane: 'auto' }, listen: { fd: 999 } })
  t.same(await app.ended, { code: 0, signal: null })
  t.match(app.lines, [{ event: 'listen-error', err: { code: 'SHARED_PORT_ERR_FD', message: 'File descriptor 999 is not a listening socket' } }])
  t.equal(app.lines.length, 1)
})

async function connected (t: Test, where: net.ListenOptions): Promise<net.Socket> {
  const server = net.createServer().listen(where)
  await once(server, 'listening')
  const address = server.address() as net.AddressInfo | string
  const socket = typeof address === 'string' ? net.connect(address) : net.connect(address.port, address.address)
  await once(socket, 'connect')
  t.teardown(() => {
    socket.destroy()
    server.close()
  })
  return socket
}
