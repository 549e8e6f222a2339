import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import t from 'tap'
import { Debugger } from '../debugger.js'
import { type App, appPath, command, freePort, hooked, request } from '../helper.js'

const PLUGIN = appPath('plugin.mjs')
const EVALUATE = { expression: 'process.pid' }

/** The URL of a worker's inspector. */
async function inspectorOf (app: App, workerId: number): Promise<string> {
  return (await app.event('inspect', line => line.workerId === workerId && line.url !== undefined)).url as string
}

/** The URLs of opened inspectors, as Node reports them. */
function opened (app: App): string[] {
  return [...app.text.matchAll(/^Debugger listening on ws:\/\/([^/]+)/gm)].map(([, address]) => address as string)
}

t.test('--inspect opens the inspector of one worker and logs its URL; its successor has the same port', async t => {
  const address = `127.0.0.1:${await freePort()}`
  const app = command(t, ['--inspect', address, PLUGIN, '-n', '2', '-p', '0', '--inspect-worker', '1'], hooked)
  const [, second] = await app.workers(2) as [number, number]
  const url = await inspectorOf(app, 2)
  t.ok(url.startsWith(`ws://${address}/`))
  t.equal(await (await Debugger.attach(t, url)).ask('Runtime.evaluate', EVALUATE), second)

  await t.test('after a crash', async () => {
    process.kill(second, 'SIGKILL')
    const next = await inspectorOf(app, 3)
    t.ok(next.startsWith(`ws://${address}/`))
    await app.event('worker-ready', ({ workerId }) => workerId === 3)
  })

  await t.test('after a reload, which a debugger attached to the old worker does not block', async t => {
    await Debugger.attach(t, await inspectorOf(app, 3))
    process.kill(app.pid, 'SIGHUP')
    await app.event('reload-end')
    const { workerId } = app.lines.filter(({ event, url }) => event === 'inspect' && url === undefined).at(-1) ?? {}
    const url = await inspectorOf(app, workerId as number)
    t.ok(url.startsWith(`ws://${address}/`))
    t.equal(await (await Debugger.attach(t, url)).ask('Runtime.evaluate', EVALUATE), app.lines.find(line => line.event === 'worker-ready' && line.workerId === workerId)?.workerPid)
    t.notOk(app.lines.some(({ event }) => event === 'worker-kill'), 'no worker was killed')
  })

  t.strictSame(await app.stop(), { code: 0, signal: null })
  t.strictSame(opened(app), [address, address, address], 'no other worker is inspected')
})

t.test('--inspect-brk waits for a debugger, and stops before the app is loaded', async t => {
  const app = command(t, [appPath('tells-load.mjs'), '-n', '1', '-p', '0', '--inspect-brk', '127.0.0.1:0'])
  const it = await Debugger.attach(t, await inspectorOf(app, 1))
  await it.ask('Debugger.enable')
  t.notOk(app.lines.some(({ event }) => event === 'loaded'))
  await it.ask('Runtime.runIfWaitingForDebugger')
  await it.happened('Debugger.paused')
  t.notOk(app.lines.some(({ event }) => event === 'loaded'))
  await it.ask('Debugger.resume')
  await app.event('loaded')
  await app.url()
  t.strictSame(await app.stop(), { code: 0, signal: null })
})

t.test('bootTimeout does not apply to a worker that waits for a debugger', async t => {
  const app = command(t, [appPath('never-ready.mjs'), '-n', '2', '-p', '0', '-T', '0', '--boot-timeout', '2000', '--inspect-brk', '127.0.0.1:0'])
  t.strictSame(await app.ended, { code: 1, signal: null })
  t.match(app.lines.filter(({ event }) => event === 'boot-timeout'), [{ workerId: 2 }])
})

t.test("if the inspector's port is in use, there is one error, before anything is bound", async t => {
  const other = createServer().listen(0, '127.0.0.1')
  t.teardown(() => other.close())
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const app = command(t, [PLUGIN, '-n', '1', '-p', '0', '--inspect', String(port)])
  t.strictSame(await app.ended, { code: 1, signal: null })
  t.equal(app.text, `error: Cannot open the inspector at 127.0.0.1:${port}: listen EADDRINUSE: address already in use 127.0.0.1:${port}\n`)
  t.strictSame(app.lines, [])
})

const byNode = {
  'node --inspect': { execArgv: ['--inspect=127.0.0.1:0'] },
  'NODE_OPTIONS=--inspect': { env: { NODE_OPTIONS: '--inspect=127.0.0.1:0' } }
}

for (const [how, options] of Object.entries(byNode)) {
  t.test(`${how} inspects every process, each on its own port, and --inspect does not interfere`, async t => {
    const app = command(t, [PLUGIN, '-n', '3', '-p', '0', '--inspect', '127.0.0.1:0'], options)
    const url = await app.url()
    t.equal((await request(url)).status, 200)
    const addresses = opened(app)
    t.equal(addresses.length, 4)
    t.equal(new Set(addresses).size, 4)
    t.ok(addresses.includes(new URL(await inspectorOf(app, 1)).host))
    t.strictSame(await app.stop(), { code: 0, signal: null })
    t.strictSame(app.failures, [])
  })
}
