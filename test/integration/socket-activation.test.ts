import { spawnSync } from 'node:child_process'
import dgram from 'node:dgram'
import { once } from 'node:events'
import { closeSync, existsSync, fstatSync, openSync } from 'node:fs'
import net from 'node:net'
import t, { type Test } from 'tap'
import { loadAddon } from '../../lib/lane/addon.js'
import { bindPath, bindTcp, type RawHandle, type SocketName } from '../../lib/platform/node-internals.js'
import { shortFolder } from '../fakes.js'
import { App, appPath, CLI, command, freePort, hooked, perLane, request, withoutHooks } from '../helper.js'

// The tests play the service manager: they pass sockets to the command as systemd does, and keep them.

const APP = appPath('places.mjs')
const STOPPED = { code: 0, signal: null }
const IPV4 = '127.0.0.1'
const REQUEST = 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
const addon = loadAddon()

/** Keeps a socket for as long as the test runs. */
function kept (t: Test, handle: RawHandle | number): RawHandle {
  t.teardown(() => { (handle as RawHandle).close() })
  return handle as RawHandle
}

/** Lets a bound socket listen, and accepts nothing from it. */
function listening (t: Test, handle: RawHandle | number): number {
  const { fd } = kept(t, handle)
  addon.unpoll(addon.listen(fd, 511, new Int32Array(addon.FRAME_SIZE), () => {}))
  return fd
}

function tcp (t: Test): { fd: number, port: number } {
  const handle = bindTcp(IPV4, 0) as RawHandle
  const name: Partial<SocketName> = {}
  handle.getsockname?.(name)
  return { fd: listening(t, handle), port: name.port as number }
}

/** Asks for a path on a port, or on a Unix socket. */
async function ask (place: number | string, path = '/'): Promise<unknown> {
  return JSON.parse((await request(typeof place === 'number' ? `http://${IPV4}:${place}` : 'http://localhost', { path, ...(typeof place === 'string' && { socketPath: place }) })).body)
}

perLane(t, 'the sockets of a service manager are served where nothing else is said, and neither workers nor the app see them', async (t, lane) => {
  const { fd, port } = tcp(t)
  const path = `${shortFolder(t)}/s`
  const unix = listening(t, bindPath(path))
  const app = command(t, [APP, '-n', '2', '--lane', lane, '--no-control'], { ...hooked, inherit: [fd, unix], activate: { names: 'web:local' }, env: { PORT: '1' } })
  t.same((await app.events('listening', 2)).map(({ msg }) => msg), [`listening on ${IPV4}:${port}`, `listening on ${path}`])
  for (const place of [port, path]) {
    t.match(await ask(place), { ip: typeof place === 'number' ? IPV4 : null })
    const { variables, sockets } = await ask(place, '/inherited') as { variables: string[], sockets: string[] }
    t.same(variables, [])
    t.same([fd, unix].filter(fd => sockets.includes(`socket:[${fstatSync(fd).ino}]`)), [])
  }
  t.same(app.lines.filter(({ event }) => event === 'unused-descriptors'), [])
  t.same(await app.stop(), STOPPED)
  t.ok(existsSync(path), "the manager's file is left")
})

perLane(t, 'the sockets of a service manager are served on by the primary that an upgrade starts', async (t, lane) => {
  const { fd, port } = tcp(t)
  const path = `${shortFolder(t)}/s`
  const unix = listening(t, bindPath(path))
  const app = command(t, [APP, '-n', '1', '--lane', lane, '--no-control'], { inherit: [fd, unix], activate: { names: 'web:local' } })
  await app.events('listening', 2)
  process.kill(app.pid, 'SIGUSR2')
  const { successorPid } = await app.event('upgraded')
  await app.event('stopped', ({ pid }) => pid === app.pid)
  for (const place of [port, path]) t.match(await ask(place), { ip: typeof place === 'number' ? IPV4 : null })
  process.kill(successorPid as number, 'SIGTERM')
  t.same(await app.ended, STOPPED)
  t.ok(existsSync(path), "the manager's file is left")
})

perLane(t, 'a primary that is killed and started again by its manager refuses no connection', async (t, lane) => {
  const { fd, port } = tcp(t)
  const run = (): App => command(t, [APP, '-n', '1', '--lane', lane, '--no-control'], { inherit: [fd], activate: {} })
  const first = run()
  await first.event('listening')
  first.killGroup()
  await first.ended
  const clients = await Promise.all(Array.from({ length: 20 }, async () => {
    const client = net.connect(port, IPV4)
    await once(client, 'connect')
    client.write(REQUEST)
    return client
  }))
  const second = run()
  for (const client of clients) t.match(Buffer.concat(await client.toArray() as Buffer[]).toString(), /^HTTP\/1\.1 200 /)
  t.same(await second.stop(), STOPPED)
})

t.test('--listen fd:NAME takes the sockets of that name, and --fd one by its number; unused ones are reported', async t => {
  const [a, b, c] = [tcp(t), tcp(t), tcp(t)]
  const inherit = [a.fd, b.fd, c.fd]
  const named = command(t, [APP, '-n', '1', '--no-control', '--listen', 'fd:web', '--listen', `${IPV4}:0`], { ...hooked, inherit, activate: { names: 'web:other:web' } })
  t.same((await named.events('listening', 3)).slice(0, 2).map(({ msg }) => msg), [a, c].map(({ port }) => `listening on ${IPV4}:${port}`))
  t.match(await named.event('unused-descriptors'), { level: 40, msg: 'descriptors of LISTEN_FDS that no setting names are not listened on: 4 (other)' })
  t.same(await named.stop(), STOPPED)
  const numbered = command(t, [APP, '-n', '1', '--no-control', '--fd', '4'], { ...hooked, inherit, activate: { names: 'web:other:web' } })
  t.match(await numbered.event('listening'), { msg: `listening on ${IPV4}:${b.port}` })
  t.match(await numbered.event('unused-descriptors'), { msg: /: 3 \(web\), 5 \(web\)$/ })
  t.same(await numbered.stop(), STOPPED)
})

t.test("another process's LISTEN_FDS does not count, and one log line says so", async t => {
  const { fd, port } = tcp(t)
  const app = command(t, [APP, '-n', '1', '--no-control', '--address', IPV4, '--port', '0'], { ...hooked, inherit: [fd], env: { LISTEN_PID: '1', LISTEN_FDS: '1' } })
  const { msg } = await app.event('listening')
  t.not(msg, `listening on ${IPV4}:${port}`)
  t.match(await app.event('unused-descriptors'), { level: 30, msg: `LISTEN_FDS is ignored: LISTEN_PID is 1, and this is process ${app.pid}` })
  t.match(await ask(Number(msg.replace(/.*:/, '')), '/inherited'), { variables: { length: 0 } })
  t.same(await app.stop(), STOPPED)
})

/** What a manager may pass that is no listening socket. */
const lies: Record<string, { flaw: string, open: (t: Test) => Promise<number> }> = {
  'a file': {
    flaw: 'it is not a socket',
    open: async t => {
      const fd = openSync(APP, 'r')
      t.teardown(() => { closeSync(fd) })
      return fd
    }
  },
  'a datagram socket': {
    flaw: 'it is a datagram socket',
    open: async t => {
      const socket = dgram.createSocket('udp4').bind(0, IPV4)
      await once(socket, 'listening')
      t.teardown(() => { socket.close() })
      const state = Object.getOwnPropertySymbols(socket).find(({ description }) => description === 'state symbol') as symbol
      return (Reflect.get(socket, state) as { handle: { fd: number } }).handle.fd
    }
  },
  'a socket for packets': {
    flaw: 'it is a Unix socket for datagrams or packets',
    open: async t => {
      const pair = addon.pair()
      t.teardown(() => { for (const fd of pair) closeSync(fd) })
      return pair[0]
    }
  },
  'a connection': {
    flaw: 'it is a connection',
    open: async t => {
      const client = net.connect(tcp(t).port, IPV4)
      await once(client, 'connect')
      t.teardown(() => { client.destroy() })
      return (client as unknown as { _handle: RawHandle })._handle.fd
    }
  },
  'a TCP socket that does not listen': { flaw: 'it does not listen', open: async t => kept(t, bindTcp(IPV4, 0)).fd },
  'a Unix socket that does not listen': { flaw: 'it does not listen', open: async t => kept(t, bindPath(`${shortFolder(t)}/s`)).fd }
}

for (const [what, { flaw, open }] of Object.entries(lies)) {
  t.test(`${what} in LISTEN_FDS: one error that says so, exit code 2, and nothing is started`, async t => {
    const app = command(t, [APP], { ...hooked, inherit: [tcp(t).fd, await open(t)], activate: { names: 'web:lie' } })
    t.same(await app.ended, { code: 2, signal: null })
    t.equal(app.text, `error: descriptor 4 of LISTEN_FDS (lie) is not a listening socket: ${flaw}\n`)
    t.same([app.lines, await app.leftBehind()], [[], []])
  })
}

t.test('a LISTEN_FDS that counts more than there is, or that is no number: one error, exit code 2', async t => {
  for (const [LISTEN_FDS, error] of [['2', /^error: descriptor 4 of LISTEN_FDS \(unknown\) is not a listening socket: it is not (open|a socket)\n$/], ['two', /^error: LISTEN_FDS must be a number from 1 to 1024, got 'two'\n$/]] as const) {
    const app = command(t, [APP], { inherit: [tcp(t).fd], activate: {}, env: { LISTEN_FDS } })
    t.same(await app.ended, { code: 2, signal: null })
    t.match(app.text, error)
    t.same([app.lines, await app.leftBehind()], [[], []])
  }
})

t.test('shared-fastify config shows where the places come from, and other commands do not mind the variables', async t => {
  const { fd } = tcp(t)
  const config = command(t, ['config', APP], { inherit: [fd], activate: {} })
  t.same(await config.ended, STOPPED)
  t.match(config.text, /^listen +\[ 'fd:3' \] +LISTEN_FDS$/m)
  t.match(config.text, /^port +- +default$/m)
  const help = command(t, ['status', '--help'], { inherit: [fd], activate: {}, env: { LISTEN_FDS: 'two' } })
  t.same(await help.ended, STOPPED)
})

const ACTIVATE = 'systemd-socket-activate'

t.test(`${ACTIVATE} starts the command with its sockets`, { skip: spawnSync(ACTIVATE, ['--version']).error !== undefined && `there is no ${ACTIVATE} here` }, async t => {
  const path = `${shortFolder(t)}/s`
  const port = await freePort()
  const [program, ...first] = withoutHooks()
  const app = new App(t, ['-l', `${IPV4}:${port}`, '-l', path, '--fdname=web:local', process.execPath, CLI, APP, '-n', '1', '--no-control', '--listen', 'fd:web', '--listen', 'fd:local'], process.env, undefined, [], [program, ...first, ACTIVATE])
  await app.printed(/Listening on .*s as 4/)
  t.match(await ask(port), { ip: IPV4 })
  t.match(await ask(path), { ip: null })
  t.match(await ask(path, '/inherited'), { variables: { length: 0 } })
  t.same(await app.stop(), STOPPED)
})
