import { once } from 'node:events'
import { existsSync, readFileSync, statSync } from 'node:fs'
import net from 'node:net'
import { networkInterfaces } from 'node:os'
import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import type { Stats } from '../../types/index.js'
import { shortFolder } from '../fakes.js'
import { type App, appPath, command, freePort, hooked, perLane, request } from '../helper.js'

const APP = appPath('places.mjs')
const STOPPED = { code: 0, signal: null }
const IPV4 = '127.0.0.1'

const hasIPv6 = Object.values(networkInterfaces()).flat().some(found => found?.family === 'IPv6')

interface Served { worker: number, pid: number, ip: string | null, port: number | null }

/** The places that the primary has logged, once it listens on this many. */
async function places (app: App, count: number): Promise<string[]> {
  return (await app.events('listening', count)).map(({ msg }) => msg.replace('listening on ', ''))
}

/** Asks for a path at a place. */
async function ask (place: string, path = '/'): Promise<unknown> {
  const { body } = await request(place.startsWith('/') ? 'http://localhost' : `http://${place}`, { path, ...(place.startsWith('/') && { socketPath: place }) })
  return JSON.parse(body)
}

/** A client that has connected. */
async function connected (place: string): Promise<net.Socket> {
  const socket = net.connect(place.startsWith('/') ? { path: place } : { host: IPV4, port: Number(place.replace(/.*:/, '')) })
  await once(socket, 'connect')
  return socket
}

async function isStopped (pid: number): Promise<void> {
  while (!/\) T/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))) await turn()
}

perLane(t, 'all places of --listen are one listener: each is served by the workers in turn, and all are shown', async (t, lane) => {
  const path = `${shortFolder(t)}/s`
  const control = `${path}.control`
  const app = command(t, [APP, '-n', '2', '--lane', lane, '--take-back-after', '0', '--listen', `${IPV4}:0`, '--listen', `unix:${path}`, '--listen', `${IPV4}:0`, '--socket-mode', '640', '--control', control], hooked)
  const all = await places(app, 3)
  t.match(all, [/^127\.0\.0\.1:\d+$/, path, /^127\.0\.0\.1:\d+$/])
  t.not(all[0], all[2])
  t.equal(statSync(path).mode & 0o777, 0o640)
  const answers: Served[] = []
  for (const place of [...all, ...all]) answers.push(await ask(place) as Served)
  t.same(answers.map(({ worker }) => worker).sort(), [1, 1, 1, 2, 2, 2])
  t.not(answers[0]?.worker, answers[1]?.worker, 'in turn over all places')
  t.same(answers.map(({ ip }) => ip), [IPV4, null, IPV4, IPV4, null, IPV4])
  const [first, third] = [answers[0], answers[2]].map(answer => ({ address: IPV4, family: 'IPv4', port: answer?.port }))
  t.same(await ask(all[0] as string, '/addresses'), [path, third, first], "with the server's own address last, as Fastify has it")
  const status = command(t, ['status', '--json', '--control', control])
  t.same(await status.ended, STOPPED)
  t.match((status.lines[0] as unknown as Stats).listeners, [{ key: `${IPV4}:0 and 2 more`, addresses: [first, path, third] }])
  t.same(await app.stop(), STOPPED)
  t.notOk(existsSync(path))
  await t.rejects(ask(all[2] as string), { code: 'ECONNREFUSED' })
})

perLane(t, 'connections of several places that a worker gets at once are served as what they are', async (t, lane) => {
  const path = `${shortFolder(t)}/s`
  const app = command(t, [APP, '-n', '1', '--lane', lane, '--no-control', '--listen', `${IPV4}:0`, '--listen', `unix:${path}`])
  const [port] = await places(app, 2) as [string]
  const { pid } = await ask(port) as Served
  process.kill(pid, 'SIGSTOP') // so that connections are pending, and come to it in one frame
  await isStopped(pid)
  const clients = [port, path, port, path, path, port].map(async place => {
    const client = await connected(place)
    client.end('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    return client
  })
  const sockets = await Promise.all(clients)
  process.kill(pid, 'SIGCONT')
  const ips: unknown[] = []
  for (const socket of sockets) ips.push((JSON.parse(/\{.*\}/.exec(Buffer.concat(await socket.toArray() as Buffer[]).toString())?.[0] ?? '{}') as Served).ip)
  t.same(ips, [IPV4, null, IPV4, null, null, IPV4])
})

perLane(t, '--backlog applies to every place', async (t, lane) => {
  const folder = shortFolder(t)
  const paths = [`${folder}/a`, `${folder}/b`]
  const app = command(t, [APP, '-n', '1', '--lane', lane, '--no-control', '--backlog', '2', ...paths.flatMap(path => ['--listen', `unix:${path}`])])
  await places(app, 2)
  process.kill(app.pid, 'SIGSTOP') // nothing accepts now
  await isStopped(app.pid)
  for (const path of paths) {
    const waiting: net.Socket[] = []
    // connect(2) on a Unix socket fails at once if the queue is full; Linux holds one more than the backlog.
    const failure = await (async () => { for (;;) waiting.push(await connected(path)) })().catch((err: NodeJS.ErrnoException) => err.code)
    t.same([failure, waiting.length], ['EAGAIN', 3])
    for (const socket of waiting) socket.destroy()
  }
  process.kill(app.pid, 'SIGCONT')
})

t.test('if a place cannot be bound, the error names it, and the others are closed', async t => {
  const path = `${shortFolder(t)}/s`
  const other = net.createServer().listen(0, IPV4)
  await once(other, 'listening')
  t.teardown(() => other.close())
  const taken = (other.address() as net.AddressInfo).port
  const app = command(t, [APP, '--listen', `unix:${path}`, '--listen', `${IPV4}:${taken}`], hooked)
  t.same(await app.ended, { code: 1, signal: null })
  t.match(app.failures, [{ event: 'listen-failed', err: { code: 'EADDRINUSE' }, msg: `cannot listen on the app's port: listen EADDRINUSE: address already in use ${IPV4}:${taken}` }])
  t.equal(app.failures.length, 1)
  t.notOk(existsSync(path))
  t.same(await app.leftBehind(), [])
})

perLane(t, 'if one place covers another, the error names the second, and all are closed', async (t, lane) => {
  const path = `${shortFolder(t)}/s`
  const port = await freePort()
  const app = command(t, [APP, '--lane', lane, '--listen', `unix:${path}`, '--listen', `0.0.0.0:${port}`, '--listen', `${IPV4}:${port}`], hooked)
  t.same(await app.ended, { code: 1, signal: null })
  t.match(app.failures, [{ event: 'listen-failed', err: { code: 'EADDRINUSE', address: IPV4, port }, msg: `address already in use ${IPV4}:${port}` }])
  t.notOk(existsSync(path))
  t.same(await app.leftBehind(), [])
})

perLane(t, 'a worker that fails on the first start leaves no socket file', async (t, lane) => {
  const path = `${shortFolder(t)}/s`
  const app = command(t, [appPath('throws.mjs'), '-n', '1', '--lane', lane, '--no-control', '--listen', `unix:${path}`])
  t.same(await app.ended, { code: 1, signal: null })
  t.notOk(existsSync(path))
})

t.test('[::] and 0.0.0.0 may have the same port', { skip: !hasIPv6 && 'there is no IPv6 here' }, async t => {
  const port = await freePort()
  const app = command(t, [APP, '-n', '1', '--no-control', '--listen', `[::]:${port}`, '--listen', `0.0.0.0:${port}`])
  t.same(await places(app, 2), [`[::]:${port}`, `0.0.0.0:${port}`])
  t.match(await ask(`[::1]:${port}`), { ip: '::1' })
  t.match(await ask(`${IPV4}:${port}`), { ip: IPV4 })
  t.same(await app.stop(), STOPPED)
})
