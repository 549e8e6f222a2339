import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { isAlive } from '../../lib/platform/process-table.js'
import type { Status } from '../../types/index.js'
import { run, serve } from '../control-socket.js'
import { command, request } from '../helper.js'
import { runtimeFolder } from '../runtime-folder.js'

t.test('a primary that hangs does not prevent access to the others', async t => {
  const { env } = runtimeFolder(t)
  const [{ app: hangs }, { app }] = await Promise.all([serve(t, env), serve(t, env)])
  process.kill(hangs.pid, 'SIGSTOP')
  t.match(await run(t, env, 'scale', '1', '--wait', '--pid', String(app.pid)), { code: 0 })
  const { code, text } = await run(t, env, 'status')
  t.equal(code, 0)
  t.match(text, new RegExp(`warning: cannot reach a primary at .*${hangs.pid}\\.sock: no answer within 5000 ms`))
  t.match(text, `pid ${app.pid}`)
})

t.test('with several primaries, a command asks for one to be named, and uses the named one', async t => {
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
  t.match(await run(t, env, 'reload', '--pid', '1'), { code: 1, text: /error: no running primary of this user matches --pid 1/ })
})

t.test('--name selects a primary for every command, and two of the same name are listed', async t => {
  const { env } = runtimeFolder(t)
  const [shop, other, twin] = await Promise.all([serve(t, env, '--name', 'shop'), serve(t, env), serve(t, env, '--name', 'twin')])
  t.match(await run(t, env, 'status', '--name', 'shop', '--json'), { code: 0, raw: [new RegExp(`"name":"shop","pid":${shop.app.pid},`)] })
  t.match(await run(t, env, 'reload', '--wait', '--name', 'shop'), { code: 0 })
  t.match(await run(t, env, 'restart', '0', '--wait', '--name', 'shop'), { code: 0 })
  t.match(await run(t, env, 'scale', '1', '--wait', '--name', 'shop'), { code: 0 })
  t.match(await run(t, env, 'logs', 'debug', '--name', 'shop'), { code: 0 })
  for (const event of ['reload-end', 'slot-restart', 'scale', 'log-level']) await shop.app.event(event)
  t.match(await run(t, env, 'stop', '--name', 'nobody'), { code: 1, text: 'error: no running primary of this user matches --name nobody\n' })
  t.match(await run(t, env, 'stop', '--name', ''), { code: 2 })
  t.match(await run(t, env, 'stop', '--wait', '--name', 'shop'), { code: 0 })
  const second = await serve(t, env, '--name', 'twin')
  const { code, text } = await run(t, env, 'stop', '--name', 'twin')
  t.equal(code, 2)
  t.match(text, /^error: 2 primaries match --name twin: \d+ \(twin\) at 127\.0\.0\.1:\d+; \d+ \(twin\) at 127\.0\.0\.1:\d+\. Choose one with --pid, --port or --control\n$/)
  for (const { app } of [twin, second]) t.match(text, String(app.pid))
  t.match(await run(t, env, 'stop', '--wait', '--name', 'twin', '--pid', String(twin.app.pid)), { code: 0 })
  t.same([other, twin, second].flatMap(({ app }) => app.lines.filter(({ event }) => event === 'reload-start' || event === 'slot-restart' || event === 'scale')), [], 'the others are left alone')
})

t.test('a reload is reported worker by worker', async t => {
  const { env } = runtimeFolder(t)
  await serve(t, env)
  const { code, text } = await run(t, env, 'reload', '--wait')
  t.equal(code, 0)
  t.same(text.trim().split('\n'), [
    'worker 3 is starting', 'worker 3 is ready (1 of 2 replaced)', 'worker 1 has exited',
    'worker 4 is starting', 'worker 4 is ready (2 of 2 replaced)', 'worker 2 has exited',
    'reload complete'
  ])
})

t.test('after an aborted reload, the command exits with 1 and the reason', async t => {
  const { env } = runtimeFolder(t)
  const breaks = join(env.XDG_RUNTIME_DIR, 'break')
  const { url } = await serve(t, { ...env, BREAK: breaks })
  writeFileSync(breaks, '')
  const { code, text } = await run(t, env, 'reload', '--wait')
  t.equal(code, 1)
  t.match(text, /error: the reload was aborted: .*it is to break/)
  t.equal((await request(url)).status, 200)
})

t.test('errors of any length keep followers connected, and stop waits for the end', async t => {
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
  t.match(await run(t, env, 'stop', '--wait'), { code: 0, text: `primary ${app.pid} is stopping\nprimary ${app.pid} has stopped\n` })
  t.same(await app.ended, { code: 0, signal: null })
})

t.test('a reload without --wait begins nevertheless', async t => {
  const { env } = runtimeFolder(t)
  const { app } = await serve(t, env)
  t.match(await run(t, env, 'reload'), { code: 0, text: `primary ${app.pid} is replacing all workers (reload 1)` })
  await app.event('reload-end')
})

t.test('restart replaces the worker of one slot, and reports it', async t => {
  const { env } = runtimeFolder(t)
  const breaks = join(env.XDG_RUNTIME_DIR, 'break')
  const { app, url } = await serve(t, { ...env, BREAK: breaks })
  t.match(await run(t, env, 'restart', '1', '--wait'), { code: 0, text: 'worker 3 is starting\nworker 3 is ready\nworker 2 has exited\nrestart complete\n' })
  t.match(await run(t, env, 'restart', '0'), { code: 0, text: `primary ${app.pid} is replacing the worker of slot 0\n` })
  await app.events('worker-exit', 2)
  t.same(app.lines.filter(({ event }) => event === 'slot-restart').map(({ slot, workerId }) => [slot, workerId]), [[1, 2], [0, 1]])
  for (const wait of [[], ['--wait']]) t.match(await run(t, env, 'restart', '2', ...wait), { code: 1, text: 'error: There is no slot 2: the slots are 0, 1\n' })
  for (const wrong of ['x', '-1', '1024']) t.match(await run(t, env, 'restart', wrong), { code: 2 })
  writeFileSync(breaks, '')
  t.match(await run(t, env, 'restart', '1', '--wait'), { code: 1, text: /error: the restart of slot 1 failed: .*it is to break/ })
  await app.event('slot-restart-failed', ({ slot }) => slot === 1)
  t.equal((await request(url)).status, 200)
})

t.test('scale changes the number of workers', async t => {
  const { env } = runtimeFolder(t)
  const { app } = await serve(t, env)
  t.match(await run(t, env, 'scale', '3', '--wait'), { code: 0, text: /worker 3 is ready\nscaling complete/ })
  t.match(await run(t, env, 'scale', '1'), { code: 0, text: `primary ${app.pid} is scaling from 3 to 1 worker` })
  await app.events('worker-exit', 2)
  for (const wrong of ['x', '1025']) t.match(await run(t, env, 'scale', wrong), { code: 2, text: 'an integer from 1 to 1024' })
  t.match(await run(t, env, 'scale', '0'), { code: 2, text: 'scale keeps at least one worker' })
})

t.test('logs changes the log level of all processes', async t => {
  const { env, sockets } = runtimeFolder(t)
  const { app, url } = await serve(t, env)
  await request(url)
  await app.line(({ msg }) => msg === 'request completed')
  t.match(await run(t, env, 'logs', 'trace'), { code: 0, text: `log level trace set in primary ${app.pid} and sent to its workers` })
  await app.event('log-level')
  t.match(await run(t, env, 'scale', '3', '--wait'), { code: 0 })
  await app.event('worker-start', ({ level }) => level === 20)
  t.match(await run(t, env, 'logs', 'error'), { code: 0 })
  // When they answer a scrape, the workers have read all earlier messages.
  const scrape = async (): Promise<string> => (await request('http://localhost/metrics', { socketPath: join(sockets, `${app.pid}.sock`) })).body
  while (!(await scrape()).includes('shared_fastify_silent_workers 0'));
  await request(url)
  t.match(await run(t, env, 'logs', 'loud'), { code: 1, text: /error: The log level must be one of .*debug.*; got 'loud'/ })
  await app.stop()
  t.equal(app.lines.filter(({ msg }) => msg === 'request completed').length, 1, 'the workers')
})

t.test('stop lets open requests finish, and can wait for the end', async t => {
  const { env } = runtimeFolder(t)
  const { app } = await serve(t, env)
  t.match(await run(t, env, 'stop', '--wait'), { code: 0, text: `primary ${app.pid} is stopping\nprimary ${app.pid} has stopped\n` })
  t.equal(isAlive(app.pid), false)
  t.same(await app.ended, { code: 0, signal: null })
  t.same(await app.leftBehind(), [])
})

t.test('status --watch runs until the primary has exited', async t => {
  const { env } = runtimeFolder(t)
  const { app } = await serve(t, env)
  const watching = command(t, ['status', '--watch', '--json'], { env })
  await watching.line(line => (line as unknown as Status).pid === app.pid)
  await app.stop()
  t.same(await watching.ended, { code: 0, signal: null })
  t.match(watching.text, 'no primary is running any more')
})

t.test('a misbehaving client of the control socket does not harm the primary', async t => {
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
