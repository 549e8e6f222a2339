import { once } from 'node:events'
import { existsSync, lstatSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { type App, inTurn, perLane, start, type StartOptions } from '../helper.js'

const WORKERS = 2

const folder = mkdtempSync(join(tmpdir(), 'shared-fastify-'))
t.teardown(() => { rmSync(folder, { recursive: true }) })

let sockets = 0
const newPath = (): string => join(folder, `${++sockets}.sock`)

function listen (t: Test, lane: string, path: string, rest: StartOptions & { more?: object } = {}): App {
  const { more, ...options } = rest
  return start(t, 'listen.mjs', { options: { workers: WORKERS, lane, ...inTurn }, listen: { path, ...more }, ...options })
}

/** The id of the worker that answers on the Unix socket. */
async function whoServes (socketPath: string): Promise<number> {
  const req = http.get({ socketPath, agent: false })
  const [res] = await once(req, 'response') as [http.IncomingMessage]
  const chunks = await res.toArray() as Buffer[]
  return (JSON.parse(Buffer.concat(chunks).toString()) as { worker: number }).worker
}

perLane(t, 'path: served in turn, reported as in a single process, and unlinked at the end', async (t, lane) => {
  const path = newPath()
  const app = listen(t, lane, path)
  for (const line of await app.events('listened', WORKERS + 1)) {
    t.match(line, { result: path, address: path, listening: true })
    t.same(line.addresses, [path])
  }
  t.same([await whoServes(path), await whoServes(path)].sort(), [1, 2])
  t.same(await app.stop(), { code: 0, signal: null })
  t.notOk(existsSync(path))
})

t.test('path, as an argument of server.listen(path)', async t => {
  const path = newPath()
  const app = listen(t, 'auto', path, { env: { WAY: 'server' }, listen: [path] as unknown as object })
  for (const { address } of await app.events('listened', WORKERS + 1)) t.equal(address, path)
  t.ok(await whoServes(path))
})

t.test('path: the file of a killed primary is replaced', async t => {
  const path = newPath()
  const dead = listen(t, 'auto', path)
  await dead.events('listened', WORKERS + 1)
  dead.killGroup()
  await dead.ended
  t.ok(lstatSync(path).isSocket())
  const app = listen(t, 'auto', path)
  await app.events('listened', WORKERS + 1)
  t.ok(await whoServes(path))
})

t.test('path: a socket in use is kept, and listen() rejects with EADDRINUSE', async t => {
  const path = newPath()
  const first = listen(t, 'auto', path)
  await first.events('listened', WORKERS + 1)
  const second = listen(t, 'auto', path)
  t.same(await second.ended, { code: 0, signal: null })
  t.match(second.lines, [{ event: 'listen-error', err: { code: 'EADDRINUSE', message: `listen EADDRINUSE: address already in use ${path}` } }])
  t.equal(second.lines.length, 1, 'no worker was started')
  t.ok(await whoServes(path))
})

t.test('path: a file that is not a socket is never removed', async t => {
  const path = newPath()
  writeFileSync(path, 'precious')
  const app = listen(t, 'auto', path)
  await app.ended
  t.match(app.lines, [{ event: 'listen-error', err: { code: 'EADDRINUSE' } }])
  t.equal(readFileSync(path, 'utf8'), 'precious')
})

t.test('path in a missing folder: EACCES, as from Node', async t => {
  const path = join(folder, 'none', 'x.sock')
  const app = listen(t, 'auto', path)
  t.same(await app.ended, { code: 0, signal: null })
  const [code] = await once(net.createServer().listen(path), 'error').then(([err]) => [err.code as string])
  t.equal(code, 'EACCES')
  t.match(app.lines, [{ event: 'listen-error', err: { code, message: `listen EACCES: permission denied ${path}` } }])
})

t.test('path: readableAll and writableAll open the socket to all users', async t => {
  const [closed, open] = [newPath(), newPath()]
  const apps = [listen(t, 'auto', closed), listen(t, 'auto', open, { more: { readableAll: true, writableAll: true } })]
  for (const app of apps) await app.events('listened', WORKERS + 1)
  t.not(lstatSync(closed).mode & 0o666, 0o666)
  t.equal(lstatSync(open).mode & 0o666, 0o666)
})

perLane(t, 'path: an abstract socket is served, and leaves no file', async (t, lane) => {
  const path = `\0${newPath()}`
  const app = listen(t, lane, path)
  for (const { address } of await app.events('listened', WORKERS + 1)) t.equal(address, path)
  t.same([await whoServes(path), await whoServes(path)].sort(), [1, 2])
  t.same(await app.stop(), { code: 0, signal: null })
  await t.rejects(whoServes(path), { code: 'ECONNREFUSED' })
})

perLane(t, "backlog: the kernel's queue holds one connection more than that", async (t, lane) => {
  const path = newPath()
  const app = listen(t, lane, path, { more: { backlog: 2 } })
  await app.events('listened', WORKERS + 1)
  process.kill(app.pid, 'SIGSTOP') // nothing accepts now
  while (!/\) T/.test(readFileSync(`/proc/${app.pid}/stat`, 'utf8'))) await turn()
  const waiting: net.Socket[] = []
  // connect(2) on a Unix socket fails at once if the queue is full; Linux holds one more than the backlog.
  for (let full = false; !full && waiting.length < 10;) {
    const socket = net.connect(path)
    full = await once(socket, 'connect').then(() => false, ({ code }: NodeJS.ErrnoException) => code === 'EAGAIN')
    if (!full) waiting.push(socket)
  }
  process.kill(app.pid, 'SIGCONT')
  t.equal(waiting.length, 3)
  for (const socket of waiting) {
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    t.match(Buffer.concat(await socket.toArray() as Buffer[]).toString(), /^HTTP\/1\.1 200 /, 'it was served when accepted')
  }
})
