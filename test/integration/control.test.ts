import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { isAlive } from '../../lib/process-table.js'
import type { Status } from '../../types/index.js'
import { type App, appPath, command, type Ending, fixturePath, request, start, hooked } from '../helper.js'
import { runtimeFolder } from '../runtime-folder.js'

/** Commands that no run has covered yet. */
const HOOKED = new Set(['status', 'reload', 'scale', 'logs', 'stop'])

/** Runs a command to its end. */
async function run (t: Test, env: NodeJS.ProcessEnv, ...args: string[]): Promise<Ending & { text: string, raw: string[] }> {
  const app = command(t, args, { ...(HOOKED.has(args[0] as string) && hooked), env })
  HOOKED.delete(args[0] as string)
  const { code, signal } = await app.ended
  return { code, signal, text: app.text, raw: app.raw }
}

/** An app that the command serves. */
async function serve (t: Test, env: NodeJS.ProcessEnv, ...args: string[]): Promise<{ app: App, url: string }> {
  const app = command(t, [appPath('measured.mjs'), '--workers', '2', '--port', '0', '--address', '127.0.0.1', ...args], { env })
  return { app, url: await app.url() }
}

t.test('a primary is found from the moment on that it listens, and no more when it has ended', async t => {
  const { env, sockets } = runtimeFolder(t)
  const { app, url } = await serve(t, env)
  const { code, text } = await run(t, env, 'status')
  t.equal(code, 0)
  t.match(text, `pid ${app.pid}`)
  t.match(text, `listening at ${new URL(url).host}`)
  for (const pid of await app.workers(2)) t.match(text, new RegExp(`^ +\\d +\\d +${pid} +ready +0 `, 'm'))
  await app.stop()
  t.same(readdirSync(sockets), [])
  t.match(await run(t, env, 'status'), { code: 1, text: /error: no primary of this user is running/ })
})

t.test('the plugin has a control socket too', async t => {
  const { env } = runtimeFolder(t)
  const app = start(t, 'server.mjs', { ...hooked, options: { workers: 2 }, env })
  await app.url()
  const { raw: [line] } = await run(t, env, 'status', '--json')
  t.match(JSON.parse(line as string), { pid: app.pid, mode: 'plugin', state: 'ready', generation: 0, workers: [{ slot: 0 }, { slot: 1 }] })
  t.equal((await run(t, env, 'stop', '--wait')).code, 0)
  t.same(await app.ended, { code: 0, signal: null })
})

t.test('the socket and its folder are for this user alone', async t => {
  const { env, sockets } = runtimeFolder(t)
  const { app } = await serve(t, env)
  t.equal(statSync(sockets).mode & 0o777, 0o700)
  t.equal(statSync(join(sockets, `${app.pid}.sock`)).mode & 0o777, 0o600)
})

t.test('what a killed primary has left behind is removed', async t => {
  const { env, sockets } = runtimeFolder(t)
  const { app } = await serve(t, env)
  await app.stop('SIGKILL')
  t.same(readdirSync(sockets), [`${app.pid}.sock`])
  const { app: next } = await serve(t, env)
  t.same(readdirSync(sockets), [`${next.pid}.sock`])
})

t.test('a socket at a path of its own is found there, and by all commands', async t => {
  const { env, sockets } = runtimeFolder(t)
  const path = join(env.XDG_RUNTIME_DIR, 'own.sock')
  const { app } = await serve(t, env, '--control', path)
  t.equal(statSync(path).mode & 0o777, 0o600)
  for (const args of [[], ['--control', path], ['--pid', String(app.pid)]]) t.match((await run(t, env, 'status', ...args)).text, `pid ${app.pid}`, args.join(' '))
  const second = command(t, [appPath('plugin.mjs'), '--port', '0', '--control', path], { env })
  t.equal((await second.ended).code, 1)
  t.match([...second.lines].at(-1), { event: 'listen-failed', err: { code: 'SHARED_PORT_ERR_CONTROL_IN_USE' } })
  await app.stop()
  t.notOk(existsSync(path))
  t.same(readdirSync(sockets), [])
})

t.test('a link that a dead primary of the same number has left behind is replaced', async t => {
  const { env, sockets } = runtimeFolder(t)
  mkdirSync(sockets, { mode: 0o700 })
  const leaveLink = `import fs from 'node:fs'; if (!process.env.NODE_UNIQUE_ID) fs.symlinkSync('/nowhere', '${sockets}/' + process.pid + '.sock')`
  const app = command(t, [appPath('plugin.mjs'), '--workers', '1', '--port', '0', '--control', join(env.XDG_RUNTIME_DIR, 'own.sock')],
    { env, execArgv: ['--import', `data:text/javascript,${encodeURIComponent(leaveLink)}`] })
  await app.url()
  t.match(await run(t, env, 'status', '--pid', String(app.pid)), { code: 0, text: `pid ${app.pid}` })
})

t.test('a path that is too long for a socket is an error, and not cut short', async t => {
  const { env } = runtimeFolder(t)
  const path = join(env.XDG_RUNTIME_DIR, 'x'.repeat(100))
  const app = command(t, [appPath('plugin.mjs'), '--port', '0', '--control', path], { env })
  t.equal((await app.ended).code, 1)
  t.match(app.lines.at(-1), { event: 'listen-failed', err: { code: 'EINVAL', address: path } })
})

t.test('without a control socket nobody finds it', async t => {
  const { env, sockets } = runtimeFolder(t)
  await serve(t, env, '--no-control')
  t.notOk(existsSync(sockets))
  t.equal((await run(t, env, 'status')).code, 1)
})

t.test('where a socket cannot be, nobody who has not asked for it goes without a server', async t => {
  for (const spoil of [
    (sockets: string) => { mkdirSync(sockets); chmodSync(sockets, 0o755) },
    (sockets: string) => { symlinkSync('/tmp', sockets) },
    (sockets: string) => { writeFileSync(sockets, '') }
  ]) {
    const { env, sockets } = runtimeFolder(t)
    spoil(sockets)
    const { app, url } = await serve(t, env)
    t.match(await app.event('control-error'), { level: 40 })
    t.equal((await request(url)).status, 200)
    await app.stop()
  }
})

/** Nobody's, as those are that OpenShift runs containers as. */
const ids = { uid: 54_321, gid: 54_321 }
const skip = process.getuid?.() !== 0
  ? 'only root may be somebody else'
  : spawnSync('cat', [fixturePath('app.mjs')], ids).status !== 0 && 'no other user may read these files'

t.test('a user without a name has a control socket like all others', { skip }, async t => {
  const { env, sockets } = runtimeFolder(t)
  chownSync(env.XDG_RUNTIME_DIR, ids.uid, ids.gid)
  const execArgv = ['--import', `data:text/javascript,process.setgid(${ids.gid});process.setuid(${ids.uid})`]
  const app = command(t, [appPath('plugin.mjs'), '--workers', '1', '--port', '0', '--address', '127.0.0.1'], { env, execArgv })
  await app.url()
  t.same(readdirSync(sockets), [`${app.pid}.sock`])
  const status = command(t, ['status'], { env, execArgv })
  t.equal((await status.ended).code, 0)
  t.match(status.text, `pid ${app.pid}`)
})

t.test('a socket that something else listens on stays', async t => {
  const { env } = runtimeFolder(t)
  const path = join(env.XDG_RUNTIME_DIR, 'taken.sock')
  const other = createServer().listen(path)
  await once(other, 'listening')
  const app = command(t, [appPath('plugin.mjs'), '--port', '0', '--control', path], { env })
  t.equal((await app.ended).code, 1)
  t.ok(existsSync(path))
  other.close()
})

t.test('a file that is no socket stays, whatever --control says', async t => {
  const { env } = runtimeFolder(t)
  const path = join(env.XDG_RUNTIME_DIR, 'precious.txt')
  writeFileSync(path, 'precious')
  const app = command(t, [appPath('plugin.mjs'), '--port', '0', '--control', path], { env })
  t.equal((await app.ended).code, 1)
  t.match(app.lines.at(-1), { event: 'listen-failed', err: { code: 'EADDRINUSE' } })
  t.equal(readFileSync(path, 'utf8'), 'precious')
})

t.test('a folder that others may write to is none that commands look into', async t => {
  const { env, sockets } = runtimeFolder(t)
  mkdirSync(sockets)
  chmodSync(sockets, 0o777)
  writeFileSync(join(sockets, '55.sock'), '')
  const path = join(sockets, '56.sock')
  const asked: string[] = []
  const other = createHttpServer(({ url }, response) => {
    asked.push(url as string)
    response.end('{}')
  }).listen(path)
  t.teardown(() => other.close())
  await once(other, 'listening')
  t.equal((await run(t, env, 'stop')).code, 1)
  t.same([asked, readdirSync(sockets)], [[], ['55.sock', '56.sock']])
})

t.test('a primary that hangs keeps nobody from the others', async t => {
  const { env } = runtimeFolder(t)
  const [{ app: hangs }, { app }] = await Promise.all([serve(t, env), serve(t, env)])
  process.kill(hangs.pid, 'SIGSTOP')
  t.match(await run(t, env, 'scale', '1', '--wait', '--pid', String(app.pid)), { code: 0 })
  const { code, text } = await run(t, env, 'status')
  t.equal(code, 0)
  t.match(text, new RegExp(`warning: nobody answers at .*${hangs.pid}\\.sock: not within 5000 ms`))
  t.match(text, `pid ${app.pid}`)
})

t.test('of several primaries a command says that one has to be named, and takes the one that is', async t => {
  const { env } = runtimeFolder(t)
  const [a, b] = await Promise.all([serve(t, env), serve(t, env)])
  const { port } = new URL(b.url)
  const { code, text } = await run(t, env, 'reload')
  t.equal(code, 2)
  for (const { app } of [a, b]) t.match(text, String(app.pid))
  t.match(await run(t, env, 'reload', '--wait', '--port', port), { code: 0 })
  await b.app.event('reload-end')
  t.equal(a.app.lines.some(({ event }) => event === 'reload-start'), false)
  t.equal((await run(t, env, 'status', '--json')).raw.length, 2)
  t.match(await run(t, env, 'reload', '--pid', '1'), { code: 1, text: /error: no primary of this user is running with --pid 1/ })
})

t.test('a reload is told worker by worker', async t => {
  const { env } = runtimeFolder(t)
  await serve(t, env)
  const { code, text } = await run(t, env, 'reload', '--wait')
  t.equal(code, 0)
  t.same(text.trim().split('\n'), [
    'worker 3 starts', 'worker 3 is ready (1 of 2 replaced)', 'worker 1 is gone',
    'worker 4 starts', 'worker 4 is ready (2 of 2 replaced)', 'worker 2 is gone',
    'the reload is done'
  ])
})

t.test('a reload that is aborted ends the command with 1 and the reason', async t => {
  const { env } = runtimeFolder(t)
  const breaks = join(env.XDG_RUNTIME_DIR, 'break')
  const { url } = await serve(t, { ...env, BREAK: breaks })
  writeFileSync(breaks, '')
  const { code, text } = await run(t, env, 'reload', '--wait')
  t.equal(code, 1)
  t.match(text, /error: the reload was aborted: .*it is to break/)
  t.equal((await request(url)).status, 200)
})

t.test('whatever an app has to say when it breaks, followers stay, and stop waits for the end', async t => {
  const { env } = runtimeFolder(t)
  const breaks = join(env.XDG_RUNTIME_DIR, 'break')
  const { app } = await serve(t, { ...env, BREAK: breaks })
  writeFileSync(breaks, ', and '.repeat(2 ** 19))
  const { code, text } = await run(t, env, 'reload', '--wait')
  t.equal(code, 1)
  t.match(text, /error: the reload was aborted: .*it is to break, and/)
  t.ok(text.length < 10_000)
  await run(t, env, 'reload')
  await app.events('reload-aborted', 2)
  t.match(await run(t, env, 'stop', '--wait'), { code: 0, text: `primary ${app.pid} stops\nprimary ${app.pid} has stopped\n` })
  t.same(await app.ended, { code: 0, signal: null })
})

t.test('a reload that is not waited for begins all the same', async t => {
  const { env } = runtimeFolder(t)
  const { app } = await serve(t, env)
  t.match(await run(t, env, 'reload'), { code: 0, text: `primary ${app.pid} replaces its workers by those of generation 1` })
  await app.event('reload-end')
})

t.test('there are as many workers as scale says', async t => {
  const { env } = runtimeFolder(t)
  const { app } = await serve(t, env)
  t.match(await run(t, env, 'scale', '3', '--wait'), { code: 0, text: /worker 3 is ready\nthe scaling is done/ })
  t.match(await run(t, env, 'scale', '1'), { code: 0, text: `primary ${app.pid} goes from 3 to 1 workers` })
  await app.events('worker-exit', 2)
  for (const wrong of ['0', 'x', '1025']) t.match(await run(t, env, 'scale', wrong), { code: 2, text: 'an integer from 1 to 1024' })
})

t.test('logs changes how much all processes log', async t => {
  const { env } = runtimeFolder(t)
  const { app, url } = await serve(t, env)
  await request(url)
  await app.line(({ msg }) => msg === 'request completed')
  t.match(await run(t, env, 'logs', 'trace'), { code: 0, text: `primary ${app.pid} and its workers log at level trace` })
  await app.event('log-level')
  t.match(await run(t, env, 'scale', '3', '--wait'), { code: 0 })
  t.ok(app.lines.some(({ event, level }) => event === 'worker-start' && level === 20), 'the primary')
  t.match(await run(t, env, 'logs', 'error'), { code: 0 })
  await request(url)
  t.equal(app.lines.filter(({ msg }) => msg === 'request completed').length, 1, 'the workers')
  t.match(await run(t, env, 'logs', 'loud'), { code: 1, text: /error: The log level is one of .*debug.*, got 'loud'/ })
})

t.test('stop lets what is open finish, and can be waited for', async t => {
  const { env } = runtimeFolder(t)
  const { app } = await serve(t, env)
  t.match(await run(t, env, 'stop', '--wait'), { code: 0, text: `primary ${app.pid} stops\nprimary ${app.pid} has stopped\n` })
  t.equal(isAlive(app.pid), false)
  t.same(await app.ended, { code: 0, signal: null })
  t.same(await app.leftBehind(), [])
})

t.test('status --watch goes on until the primary has gone', async t => {
  const { env } = runtimeFolder(t)
  const { app } = await serve(t, env)
  const watching = command(t, ['status', '--watch', '--json'], { env })
  await watching.line(line => (line as unknown as Status).pid === app.pid)
  await app.stop()
  t.same(await watching.ended, { code: 0, signal: null })
  t.match(watching.text, 'no primary is running any more')
})

t.test('what a client of the control socket does wrong does not harm the primary', async t => {
  const { env, sockets } = runtimeFolder(t)
  const { app, url } = await serve(t, env)
  const socketPath = join(sockets, `${app.pid}.sock`)
  const post = async (path: string, body: string, type = 'application/json'): Promise<number> =>
    (await request(`http://localhost${path}`, { socketPath, method: 'POST', headers: { 'content-type': type }, body })).status
  t.equal(await post('/scale', '{"workers":0}'), 400)
  t.equal(await post('/scale', '{"workers":"many"}'), 400)
  t.equal(await post('/scale', '{'), 400)
  t.equal((await request('http://localhost/scale', { socketPath, method: 'POST', headers: { 'content-type': 'application/json', 'content-length': 2 ** 21 } })).status, 413)
  t.equal(await post('/nowhere', '{}'), 404)
  t.equal((await request('http://localhost/status', { socketPath })).status, 200)
  t.equal((await request(url)).status, 200)
})
