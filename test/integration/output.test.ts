import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { Stats } from '../../types/index.js'
import { Exchange } from '../client.js'
import { shortFolder } from '../fakes.js'
import { App, appPath, command, fixturePath, type Line, request, start, whoServes } from '../helper.js'

// The test helper gives an app sockets for its output, as systemd does.

const LINES = 20
const BYTES = 65_536
const flood = `/flood?lines=${LINES}&bytes=${BYTES}`

const modes: Array<{ mode: string, begin (t: Test, workers: number): App }> = [
  { mode: 'plugin', begin: (t, workers) => start(t, 'logs.mjs', { options: { workers } }) },
  { mode: 'command', begin: (t, workers) => command(t, [appPath('logs.mjs'), '-n', String(workers), '-p', '0']) }
]

/** Runs the plugin in a shell that does this with it and its stdout. */
function startIn (t: Test, script: string, env: NodeJS.ProcessEnv = {}): App {
  return new App(t, [fixturePath('logs.mjs')], {
    ...process.env,
    OPTIONS: JSON.stringify({ workers: 4 }),
    LISTEN: JSON.stringify({ port: 0, host: '127.0.0.1' }),
    ...env
  }, undefined, [], ['env', '-u', 'NODE_OPTIONS', 'bash', '-c', script, process.execPath])
}

/** Resolves when this many floods are in the log, complete. */
async function assertFloods (t: Test, app: App, count: number): Promise<void> {
  const lines = await app.events('flood', count * LINES)
  t.equal(lines.length, count * LINES)
  t.equal(new Set(lines.map(({ text }) => (text as string).length)).size, 1, 'all of one length')
  for (let number = 0; number < LINES; number++) t.equal(lines.filter(line => line.number === number).length, count)
  t.equal(app.text, '', 'and nothing is torn')
}

async function requests (url: string, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, async () => await request(url)))
}

/** The workers' generations, as the primary reports them. */
async function generations (url: string): Promise<number[]> {
  const { workers } = JSON.parse((await request(`${url}/stats`)).body) as Stats
  return workers.map(({ generation }) => generation)
}

for (const { mode, begin } of modes) {
  t.test(`lines of 64 KiB that four workers write at the same time are complete (${mode})`, async t => {
    const app = begin(t, 4)
    await requests(await app.url() + flood, 16)
    await assertFloods(t, app, 16)
    t.ok(new Set(app.lines.filter(({ event }) => event === 'flood').map(({ workerId }) => workerId)).size > 1)
    t.strictSame(await app.stop(), { code: 0, signal: null })
  })

  t.test(`while the output is not read, connections are handed off, the primary answers, and nothing is lost (${mode})`, async t => {
    const app = begin(t, 2)
    const url = await app.url()
    app.child.stdout?.pause()
    await requests(url + flood, 8)
    const served = new Set<number>()
    for (let i = 0; i < 20; i++) served.add(await whoServes(url))
    t.equal(served.size, 2)
    t.equal((await generations(url)).length, 2)
    app.child.stdout?.resume()
    await assertFloods(t, app, 8)
    t.notOk(app.lines.some(({ event }) => event === 'lines-lost'))
    t.strictSame(await app.stop(), { code: 0, signal: null })
  })

  t.test(`when the reader of the output is gone, primary and workers go on (${mode})`, async t => {
    const app = begin(t, 2)
    const url = await app.url()
    const [first] = await app.workers(2) as [number, number]
    app.child.stdout?.destroy()
    await requests(url + flood, 8)
    process.kill(first, 'SIGKILL')
    process.kill(app.pid, 'SIGHUP')
    while ((await generations(url)).join() !== '1,1') await new Promise(setImmediate)
    await requests(url + flood, 8)
    t.equal((await request(url)).status, 200)
    t.strictSame(await app.stop(), { code: 0, signal: null })
    t.same(await app.leftBehind(), [])
  })
}

t.test('the last lines of a dying worker are in the log', async t => {
  const app = start(t, 'logs.mjs', { options: { workers: 1 } })
  const url = await app.url()
  await t.rejects(request(`${url}/die?lines=${LINES}&bytes=${BYTES}`))
  t.equal((await app.events('console', LINES)).length, LINES)
  await app.event('worker-exit', ({ signal }) => signal === 'SIGKILL')
  await app.stop()
  t.equal(app.text, '')
})

t.test('lines that are logged while everything stops are in the log at the end, even if the reader is slow', async t => {
  const app = command(t, [appPath('logs.mjs'), '-n', '2', '-p', '0'])
  const url = await app.url()
  app.child.stdout?.pause()
  await requests(url + flood, 2)
  const ended = app.stop()
  app.child.stdout?.resume()
  t.strictSame(await ended, { code: 0, signal: null })
  await assertFloods(t, app, 2)
  t.equal(app.lines.at(-1)?.event, 'stopped')
})

t.test('lines of 64 KiB are complete in a pipe', async t => {
  const app = startIn(t, 'exec "$0" "$@" > >(exec cat)')
  await requests(await app.url() + flood, 16)
  await assertFloods(t, app, 16)
  await app.stop()
})

t.test('lines of 64 KiB are complete in a file, which the workers inherit', async t => {
  const folder = shortFolder(t)
  const [file, socketPath] = [join(folder, 'log'), join(folder, 'http')]
  const app = startIn(t, 'exec "$0" "$@" > "$LOG"', { LOG: file, LISTEN: JSON.stringify({ path: socketPath }) })
  const lines = (event: string): Line[] => (existsSync(file) ? readFileSync(file, 'utf8') : '').split('\n').filter(line => line.includes(`"event":"${event}"`)).map(line => JSON.parse(line) as Line)
  while (lines('worker-ready').length < 4) await sleep(10)
  await Promise.all(Array.from({ length: 16 }, async () => await request(`http://localhost${flood}`, { socketPath })))
  t.strictSame(await app.stop(), { code: 0, signal: null })
  t.equal(lines('flood').length, 16 * LINES)
  for (const line of readFileSync(file, 'utf8').trimEnd().split('\n')) JSON.parse(line)
})

t.test('while the output is not read, the primary answers, also if stderr goes the same way', async t => {
  const app = startIn(t, 'exec "$0" "$@" 2>&1')
  const url = await app.url()
  app.child.stdout?.pause()
  await requests(url + flood, 8)
  process.kill(app.pid, 'SIGHUP') // processes that are started with this stderr clear its O_NONBLOCK
  while (!(await generations(url)).includes(1)) await new Promise(setImmediate)
  await requests(url + flood, 8)
  t.equal((await request(`${url}/stats`)).status, 200)
  app.child.stdout?.resume()
  await assertFloods(t, app, 16)
  await app.stop()
})

t.test("a primary whose app's logger would block does not block, and reports the lines that it has lost", async t => {
  const app = start(t, 'logs.mjs', { options: { workers: 1 }, env: { LOGGER: 'sync' } })
  const url = await app.url()
  app.child.stdout?.pause()
  process.kill(app.pid, 'SIGUSR2') // it logs 4 MiB
  t.equal((await generations(url)).length, 1)
  app.child.stdout?.resume()
  const { lines } = await app.event('lines-lost')
  t.ok(Number(lines) > 0)
  t.equal(app.lines.filter(({ event }) => event === 'flood').length + Number(lines), 64)
  await app.stop()
})

t.test('no orphans: a worker whose primary is killed keeps writing its response, and logs to stderr', async t => {
  const app = start(t, 'logs.mjs', { options: { workers: 1 } })
  const url = await app.url()
  const exchange = new Exchange(`${url}/wait`, { method: 'POST', headers: { 'content-type': 'text/plain', expect: '100-continue' } })
  await exchange.continued()
  process.kill(app.pid, 'SIGKILL')
  await app.event('primary-gone')
  await exchange.end('late')
  t.equal((await exchange.outcome).answer?.body, 'late')
  await app.event('logged')
  t.same(await app.leftBehind(), [])
})

for (const logger of ['default', 'sync']) {
  t.test(`no orphans: no process is left when both the primary and the reader are gone (${logger})`, async t => {
    const app = start(t, 'logs.mjs', { options: { workers: 2 }, env: { LOGGER: logger } })
    await app.url()
    app.child.stdout?.destroy()
    app.child.stderr?.destroy()
    process.kill(app.pid, 'SIGKILL')
    t.same(await app.leftBehind(), [])
  })
}

t.test("with transports in the app's logger nothing is lost, neither in a file nor on stdout, at a reload and a stop", async t => {
  const folder = shortFolder(t)
  const [file, pretty] = [join(folder, 'log'), join(folder, 'pretty')]
  const app = start(t, 'logs.mjs', { options: { workers: 2 }, env: { LOGGER: 'transport', LOG_FILE: file, PRETTY_FILE: pretty } })
  const url = await app.url()
  await requests(`${url}/flood?lines=100&bytes=100`, 4)
  process.kill(app.pid, 'SIGHUP')
  await app.event('reload-end')
  await requests(`${url}/flood?lines=100&bytes=100`, 4)
  t.strictSame(await app.stop(), { code: 0, signal: null })
  const ofFlood = (text: string): string[] => text.split('\n').filter(line => line.includes('"event":"flood"'))
  t.equal(app.lines.filter(({ event }) => event === 'flood').length, 800)
  t.equal(ofFlood(readFileSync(file, 'utf8')).length, 800)
  t.equal(readFileSync(pretty, 'utf8').match(/event: "flood"/g)?.length, 800)
  t.ok(app.lines.some(({ event, pid }) => event === 'stopped' && pid === app.pid))
})
