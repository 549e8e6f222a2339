import { existsSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Status } from '../../types/index.js'
import { attempt } from '../client.js'
import { run, serve } from '../control-socket.js'
import { type App, appPath, command, hooked, perLane, request, start } from '../helper.js'
import { connectKept, held, KeptClient, keptLoad, LATER, serveKept, SOON } from '../kept.js'
import { Load } from '../load.js'
import { runtimeFolder } from '../runtime-folder.js'
import { ServiceManager } from '../service-manager.js'
import { visit } from '../tls-sessions.js'

/** Milliseconds for which clients pause after an answer: some connections are hardly ever idle, others are held. */
const PAUSES = [0, 20, 300]

/** Upgrades the primary with this process id. Returns the id of the new one. */
async function upgrade (t: Test, env: NodeJS.ProcessEnv, pid: number): Promise<number> {
  const { code, text } = await run(t, env, 'upgrade', '--wait', '--pid', `${pid}`)
  t.equal(code, 0, text)
  return Number(/upgrade complete: process (\d+) is the primary now/.exec(text)?.[1])
}

/** Stops the primary that serves now. Resolves when no process is left, with the exit code of the first primary. */
async function stop (app: App, pid: number): Promise<unknown> {
  process.kill(pid, 'SIGTERM')
  const { code } = await app.ended
  return { code, left: await app.leftBehind() }
}

const STOPPED = { code: 0, left: [] }

/** An app that can be changed, and that is ready when there is a file `go` beside it. */
function changeableApp (t: Test): { path: string, folder: string, change (source: string): void, hold (): void, go (): void } {
  const folder = t.testdir({ go: '', 'app.mjs': '' })
  const path = join(folder, 'app.mjs')
  const go = join(folder, 'go')
  const wait = `import { existsSync } from 'node:fs'
    import { setTimeout as sleep } from 'node:timers/promises'
    while (!existsSync(${JSON.stringify(go)})) await sleep(10)
    export default async app => { app.get('/', async () => ({ version: VERSION })) }`
  const change = (source: string): void => { writeFileSync(path, source) }
  change(wait.replace('VERSION', '1'))
  return { path, folder, change, go: () => { writeFileSync(go, '') }, hold: () => { change(wait.replace('VERSION', '2').replace(JSON.stringify(go), JSON.stringify(`${go}-2`))) } }
}

perLane(t, 'an upgrade replaces the primary: no request fails, no connection is refused, and no kept one is closed', async (t, lane) => {
  const { env } = runtimeFolder(t)
  const { app, url } = await serveKept(t, { workers: 2, lane, returnAfter: SOON }, { env, ...hooked })
  const clients = await connectKept(t, url, 6)
  const load = new Load({
    ...keptLoad(clients, PAUSES),
    'new connections': async () => {
      const { status } = await request(url)
      if (status !== 200) throw new Error(`answered with ${status}`)
      return 1
    }
  })
  let pid = app.pid
  for (let i = 0; i < 2; i++) {
    await load.more(100)
    pid = await upgrade(t, env, pid)
  }
  await load.more(200)
  t.same(await load.stop(), [])
  for (const { raw } of clients) t.notOk(raw.socket.destroyed)
  t.same(await stop(app, pid), STOPPED)
  t.same(app.failures, [])
})

perLane(t, 'a request in progress is finished by its old worker, and its connection is served by the new primary from then on', async (t, lane) => {
  const { env } = runtimeFolder(t)
  const { app, url } = await serveKept(t, { workers: 1, lane, grace: LATER }, { env })
  const [old] = await app.workers(1) as [number]
  const client = await KeptClient.connect(t, url)
  client.raw.get('/wait/upgraded')
  await app.event('waits')
  const pid = await upgrade(t, env, app.pid)
  process.kill(old, 'SIGUSR2')
  await client.answered()
  await app.event('stopped', line => line.pid === app.pid)
  await client.ask()
  t.notOk(client.raw.socket.destroyed)
  t.same(await stop(app, pid), STOPPED)
})

perLane(t, 'held connections go to the new primary', async (t, lane) => {
  const { env } = runtimeFolder(t)
  const { app, url } = await serveKept(t, { workers: 1, lane, returnAfter: SOON }, { env })
  const clients = await connectKept(t, url, 3)
  await held(app, 3)
  const pid = await upgrade(t, env, app.pid)
  await app.event('stopped', line => line.pid === app.pid)
  for (const client of clients) await client.ask()
  t.same(await stop(app, pid), STOPPED)
})

perLane(t, 'connections that wait for a worker go to the new primary', async (t, lane) => {
  const { env } = runtimeFolder(t)
  const file = join(t.testdir(), 'end')
  const { app, url } = await serveKept(t, { workers: 1, lane, rescueAfter: 0, livenessTimeout: 0, pendingTimeout: 0, grace: 2_000 }, { env })
  const blocked = attempt(`${url}/block?until=${encodeURIComponent(file)}`)
  await app.event('blocks')
  const waiting = Array.from({ length: 8 }, async () => await attempt(url))
  await app.stats(({ pending, workers }) => pending + (workers[0]?.unacked ?? 0) === 8)
  const pid = await upgrade(t, env, app.pid)
  writeFileSync(file, '')
  t.same((await Promise.all([blocked, ...waiting])).filter(({ answer }) => answer?.status !== 200), [])
  t.same(await stop(app, pid), STOPPED)
})

const broken: Record<string, { source: string, reason: RegExp, flags?: string[] }> = {
  'that throws': { source: 'throw new Error("broken on purpose")', reason: /Worker [12] exited with code 1 before it was ready: .*broken on purpose/ },
  'that exits': { source: 'process.exit(0)', reason: /Worker [12] exited with code 0 before it was ready/ },
  'that is never ready': { source: 'await new Promise(() => setInterval(() => {}, 1_000))', flags: ['--boot-timeout', '8000'], reason: /not ready within 8000 ms \(bootTimeout\)/ }
}

for (const [name, { source, reason, flags = [] }] of Object.entries(broken)) {
  t.test(`a new primary with an app ${name}: the upgrade is aborted, and the old one goes on as if nothing had been asked`, async t => {
    const { env } = runtimeFolder(t)
    const { path, change } = changeableApp(t)
    const app = command(t, [path, '--workers', '2', '--port', '0', '--address', '127.0.0.1', ...flags], { env })
    const url = await app.url()
    await app.workers(2)
    const before = app.processes()
    change(source)
    const { code, text } = await run(t, env, 'upgrade', '--wait', '--pid', `${app.pid}`)
    t.equal(code, 1)
    t.match(text, /the upgrade was aborted, and the server goes on as before/)
    t.match(text, reason)
    await app.event('upgrade-aborted')
    t.match(JSON.parse((await request(url)).body), { version: 1 })
    t.same(app.processes(), before)
    t.same(await stop(app, app.pid), STOPPED)
  })
}

t.test('a new primary that cannot listen where its config file says now: the upgrade is aborted', async t => {
  const { env } = runtimeFolder(t)
  const { path, folder } = changeableApp(t)
  const taken = net.createServer().listen(0, '127.0.0.1')
  t.teardown(() => { taken.close() })
  const config = join(folder, 'shared-fastify.config.json')
  writeFileSync(config, JSON.stringify({ workers: 1, listen: '127.0.0.1:0' }))
  const app = command(t, [path, '--config', config], { env })
  const url = await app.url()
  writeFileSync(config, JSON.stringify({ workers: 1, listen: `127.0.0.1:${(taken.address() as net.AddressInfo).port}` }))
  const { code, text } = await run(t, env, 'upgrade', '--wait', '--pid', `${app.pid}`)
  t.equal(code, 1)
  t.match(text, /EADDRINUSE/)
  t.equal((await request(url)).status, 200)
  t.same(await stop(app, app.pid), STOPPED)
})

t.test('during an upgrade, another one is refused; and if the new primary is killed, the old one goes on', async t => {
  const { env } = runtimeFolder(t)
  const { path, hold } = changeableApp(t)
  const app = command(t, [path, '--workers', '1', '--port', '0', '--address', '127.0.0.1'], { env })
  const url = await app.url()
  hold()
  process.kill(app.pid, 'SIGUSR2')
  const { successorPid } = await app.event('upgrade-start')
  const second = await run(t, env, 'upgrade', '--pid', `${app.pid}`)
  t.match(second, { code: 1, text: new RegExp(`Cannot upgrade: an upgrade to process ${successorPid} is in progress`) })
  process.kill(successorPid as number, 'SIGKILL')
  t.match(await app.event('upgrade-aborted'), { err: { message: 'The upgrade failed: the new primary was killed by SIGKILL' } })
  t.equal((await request(url)).status, 200)
  t.same(await stop(app, app.pid), STOPPED)
})

perLane(t, 'if the old primary is killed before the new one is ready, the new one serves, and connections wait for it', async (t, lane) => {
  const { env } = runtimeFolder(t)
  const { path, folder, hold } = changeableApp(t)
  const app = command(t, [path, '--workers', '1', '--port', '0', '--address', '127.0.0.1', '--lane', lane], { env })
  const url = await app.url()
  hold()
  process.kill(app.pid, 'SIGUSR2')
  const { successorPid } = await app.event('upgrade-start')
  process.kill(app.pid, 'SIGKILL')
  await app.event('primary-gone', line => line.workerId === 1 && line.pid !== successorPid)
  const waiting = attempt(url)
  writeFileSync(join(folder, 'go-2'), '')
  await app.event('took-over', ({ pid }) => pid === successorPid)
  t.match(await waiting, { answer: { status: 200, body: '{"version":2}' } })
  process.kill(successorPid as number, 'SIGTERM')
  await app.ended
  t.same(await app.leftBehind(), [])
})

t.test('a stop of the old primary before the new one is ready stops both', async t => {
  const { env } = runtimeFolder(t)
  const { path, hold } = changeableApp(t)
  const app = command(t, [path, '--workers', '1', '--port', '0', '--address', '127.0.0.1'], { env })
  await app.url()
  hold()
  process.kill(app.pid, 'SIGUSR2')
  await app.event('upgrade-start')
  t.same(await stop(app, app.pid), STOPPED)
})

perLane(t, "a Unix socket's file stays where it is, and the last primary removes it", async (t, lane) => {
  const { env, sockets } = runtimeFolder(t)
  const path = join(sockets, '..', 'app.sock')
  const { path: file } = changeableApp(t)
  const app = command(t, [file, '--workers', '1', '--socket', path, '--socket-mode', '600', '--lane', lane], { env })
  await app.url()
  t.equal((await request('http://localhost/', { socketPath: path })).status, 200)
  process.kill(app.pid, 'SIGUSR2')
  const { successorPid } = await app.event('upgraded')
  await app.event('stopped', line => line.pid === app.pid)
  t.equal((await request('http://localhost/', { socketPath: path })).status, 200)
  t.same(await stop(app, successorPid as number), STOPPED)
  t.notOk(existsSync(path))
})

t.test('an app that calls listen() twice is taken over once, with both of its listeners', async t => {
  const { env } = runtimeFolder(t)
  const app = start(t, 'two-apps.mjs', { options: { workers: 1 }, env })
  const urls = [(await app.event('first')).url as string, (await app.event('second')).url as string]
  const pid = await upgrade(t, env, app.pid)
  await app.event('stopped', line => line.pid === app.pid)
  for (const url of urls) t.equal((await request(url)).status, 200)
  for (const event of ['upgraded', 'took-over']) t.equal(app.lines.filter(line => line.event === event).length, 1)
  t.same(await stop(app, pid), STOPPED)
})

t.test('an upgrade that is aborted leaves the socket file, the pidfile and the control socket with the old primary', async t => {
  const { env, sockets } = runtimeFolder(t)
  const files = ['app.sock', 'app.pid', 'control.sock'].map(name => join(sockets, '..', name)) as [string, string, string]
  const [path, pidfile, control] = files
  const { path: file, change } = changeableApp(t)
  const app = command(t, [file, '--workers', '1', '--socket', path, '--pidfile', pidfile, '--control', control], { env })
  await app.url()
  change('throw new Error("broken on purpose")')
  t.equal((await run(t, env, 'upgrade', '--wait', '--control', control)).code, 1)
  t.equal((await request('http://localhost/', { socketPath: path })).status, 200)
  t.equal(readFileSync(pidfile, 'utf8'), `${app.pid}\n`)
  t.match(await run(t, env, 'status', '--control', control), { code: 0, text: new RegExp(`pid ${app.pid}`) })
  t.same(await stop(app, app.pid), STOPPED)
  t.same(files.filter(existsSync), [])
})

t.test('pidfile, control socket, admin server and counters go on in the new primary', async t => {
  const { env, sockets } = runtimeFolder(t)
  const folder = join(sockets, '..')
  const [pidfile, control] = [join(folder, 'app.pid'), join(folder, 'control.sock')]
  const { app, url } = await serve(t, env, '--pidfile', pidfile, '--control', control, '--admin', '0')
  const admin = String((await app.event('admin')).address)
  for (let i = 0; i < 5; i++) await request(url)
  const handoffs = async (): Promise<number> => (await request(`${admin}/metrics`)).body.split('\n')
    .filter(line => line.startsWith('shared_fastify_handoffs_total')).reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
  const before = await handoffs()
  t.ok(before >= 5)
  const pid = await upgrade(t, env, app.pid)
  await app.event('admin', line => line.pid === pid)
  t.equal((JSON.parse((await request(`${admin}/status`)).body) as Status).pid, pid)
  await app.event('stopped', line => line.pid === app.pid)
  t.ok(await handoffs() >= before)
  t.equal(readFileSync(pidfile, 'utf8'), `${pid}\n`)
  t.match(await run(t, env, 'status', '--control', control), { code: 0, text: new RegExp(`pid ${pid}`) })
  t.same(await stop(app, pid), STOPPED)
  t.notOk(existsSync(pidfile))
  t.notOk(existsSync(control))
})

t.test('the new primary reads .env and follows the symbolic link to its folder anew', async t => {
  const { env } = runtimeFolder(t)
  const source = 'export default async app => { app.get("/", async () => ({ release: RELEASE, variable: process.env.UPGRADED_VARIABLE })) }'
  const folder = t.testdir({
    1: { 'app.mjs': source.replace('RELEASE', '1'), '.env': 'UPGRADED_VARIABLE=one' },
    2: { 'app.mjs': source.replace('RELEASE', '2'), '.env': 'UPGRADED_VARIABLE=two' },
    current: t.fixture('symlink', '1')
  })
  const current = join(folder, 'current')
  const app = command(t, ['app.mjs', '--workers', '1', '--port', '0', '--address', '127.0.0.1'], { env: { ...env, PWD: current }, cwd: current })
  const url = await app.url()
  t.same(JSON.parse((await request(url)).body), { release: 1, variable: 'one' })
  symlinkSync('2', `${current}.new`)
  renameSync(`${current}.new`, current)
  const pid = await upgrade(t, env, app.pid)
  t.same(JSON.parse((await request(url)).body), { release: 2, variable: 'two' })
  t.same(await stop(app, pid), STOPPED)
})

t.test('the old primary tells the service manager which process is the main one now, and only that one speaks from then on', async t => {
  const { env } = runtimeFolder(t)
  const manager = await new ServiceManager(t, join(env.TMPDIR, 'notify')).open()
  const app = command(t, [appPath('environment.mjs'), '-n', '1', '-p', '0'], { env: { ...env, NOTIFY_SOCKET: manager.name, WATCHDOG_USEC: '200000' } })
  await manager.message('READY')
  process.kill(app.pid, 'SIGUSR2')
  const { pid, fields: { MAINPID } } = await manager.message('MAINPID')
  const successor = Number(MAINPID)
  t.equal(pid, app.pid)
  t.match(await app.event('upgraded'), { successorPid: successor })
  const from = manager.told.findIndex(({ fields }) => 'MAINPID' in fields) + 1
  t.equal((await manager.message('READY', '1', from)).pid, successor)
  t.equal((await manager.message('WATCHDOG', '1', from)).pid, successor)
  t.same(await stop(app, successor), STOPPED)
  await manager.message('STOPPING')
  t.same([...new Set(manager.told.slice(from).map(({ pid }) => pid))], [successor])
})

t.test('TLS sessions of the old primary are resumed by the new one', async t => {
  const { env } = runtimeFolder(t)
  const app = start(t, 'server.mjs', { options: { workers: 1 }, env: { ...env, SERVER: JSON.stringify({ tls: {} }) } })
  const url = await app.url()
  const { session } = await visit(t, url, { version: 'TLSv1.3' })
  const pid = await upgrade(t, env, app.pid)
  await app.event('stopped', line => line.pid === app.pid)
  t.ok((await visit(t, url, { version: 'TLSv1.3', session })).resumed)
  t.same(await stop(app, pid), STOPPED)
})
