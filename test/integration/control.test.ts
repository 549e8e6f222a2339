import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { run, serve } from '../control-socket.js'
import { appPath, command, fixturePath, request, start, hooked } from '../helper.js'
import { runtimeFolder } from '../runtime-folder.js'

t.test('a primary is found from the moment when it listens, until it has exited', async t => {
  const { env, sockets } = runtimeFolder(t)
  const { app, url } = await serve(t, env)
  const { code, text } = await run(t, env, 'status')
  t.equal(code, 0)
  t.match(text, `pid ${app.pid}`)
  t.match(text, `listening on ${new URL(url).host}`)
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

t.test('the socket and its folder are accessible by this user only', async t => {
  const { env, sockets } = runtimeFolder(t)
  const { app } = await serve(t, env)
  t.equal(statSync(sockets).mode & 0o777, 0o700)
  t.equal(statSync(join(sockets, `${app.pid}.sock`)).mode & 0o777, 0o600)
})

t.test('the socket of a killed primary is removed', async t => {
  const { env, sockets } = runtimeFolder(t)
  const { app } = await serve(t, env)
  await app.stop('SIGKILL')
  t.same(readdirSync(sockets), [`${app.pid}.sock`])
  const { app: next } = await serve(t, env)
  t.same(readdirSync(sockets), [`${next.pid}.sock`])
})

t.test('a socket at another path is found there, and by all commands', async t => {
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

t.test('a link left by a dead primary with the same pid is replaced', async t => {
  const { env, sockets } = runtimeFolder(t)
  mkdirSync(sockets, { mode: 0o700 })
  const leaveLink = `import fs from 'node:fs'; if (!process.env.NODE_UNIQUE_ID) fs.symlinkSync('/nowhere', '${sockets}/' + process.pid + '.sock')`
  const app = command(t, [appPath('plugin.mjs'), '--workers', '1', '--port', '0', '--control', join(env.XDG_RUNTIME_DIR, 'own.sock')],
    { env, execArgv: ['--import', `data:text/javascript,${encodeURIComponent(leaveLink)}`] })
  await app.url()
  t.match(await run(t, env, 'status', '--pid', String(app.pid)), { code: 0, text: `pid ${app.pid}` })
})

t.test('a path that is too long for a socket is an error, and not truncated', async t => {
  const { env } = runtimeFolder(t)
  const path = join(env.XDG_RUNTIME_DIR, 'x'.repeat(100))
  const app = command(t, [appPath('plugin.mjs'), '--port', '0', '--control', path], { env })
  t.equal((await app.ended).code, 1)
  t.match(app.lines.at(-1), { event: 'listen-failed', err: { code: 'EINVAL', address: path } })
})

t.test('without a control socket, a primary is not found', async t => {
  const { env, sockets } = runtimeFolder(t)
  await serve(t, env, '--no-control')
  t.notOk(existsSync(sockets))
  t.equal((await run(t, env, 'status')).code, 1)
})

t.test('if the default socket cannot be opened, the server starts nevertheless', async t => {
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

/** Ids without a name, as OpenShift uses for containers. */
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

t.test('a socket that another process listens on is kept', async t => {
  const { env } = runtimeFolder(t)
  const path = join(env.XDG_RUNTIME_DIR, 'taken.sock')
  const other = createServer().listen(path)
  await once(other, 'listening')
  const app = command(t, [appPath('plugin.mjs'), '--port', '0', '--control', path], { env })
  t.equal((await app.ended).code, 1)
  t.ok(existsSync(path))
  other.close()
})

t.test('a file that is not a socket is kept, whatever --control says', async t => {
  const { env } = runtimeFolder(t)
  const path = join(env.XDG_RUNTIME_DIR, 'precious.txt')
  writeFileSync(path, 'precious')
  const app = command(t, [appPath('plugin.mjs'), '--port', '0', '--control', path], { env })
  t.equal((await app.ended).code, 1)
  t.match(app.lines.at(-1), { event: 'listen-failed', err: { code: 'EADDRINUSE' } })
  t.equal(readFileSync(path, 'utf8'), 'precious')
})

t.test('commands do not look into a folder that others may write to', async t => {
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
