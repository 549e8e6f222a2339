import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { appPath, command, hooked, request } from '../helper.js'

const PLUGIN = appPath('plugin.mjs')

t.test("the prefix and the plugin's options reach the plugin, and the body limit reaches Fastify", async t => {
  const app = command(t, [PLUGIN, '-n', '1', '-p', '0', '-x', '/api', '--body-limit', '3', '--', '--greeting', 'hello'], hooked)
  const url = await app.url()
  t.strictSame(JSON.parse((await request(`${url}/api/options`)).body), { greeting: 'hello', prefix: '/api' })
  t.strictSame(JSON.parse((await request(`${url}/api/limit`)).body), { limit: 3 })
})

t.test('the environment and .env set what the command line does not set', async t => {
  const cwd = t.testdir({ '.env': 'FASTIFY_PREFIX=/file\nFASTIFY_WORKERS=3\nFASTIFY_LOG_LEVEL=debug\n' })
  const app = command(t, [PLUGIN, '-n', '1'], { ...hooked, cwd, env: { PORT: '0', FASTIFY_LOG_LEVEL: 'info' } })
  const url = await app.url()
  t.strictSame(JSON.parse((await request(`${url}/file/options`)).body), { prefix: '/file' })
  await app.stop()
  t.equal(app.lines.filter(({ event }) => event === 'worker-ready').length, 1)
  t.notOk(app.lines.some(({ level }) => level < 30))
})

t.test("with --options, the app's options override the defaults, and explicit settings override the app's", async t => {
  const cwd = t.testdir({
    'app.mjs': `
      export const options = { bodyLimit: 3, pluginTimeout: 7000, logger: { level: 'warn' } }
      export default async fastify => { fastify.get('/', async () => [fastify.initialConfig.bodyLimit, fastify.initialConfig.pluginTimeout, fastify.log.level]) }`
  })
  const answer = async (args: string[]): Promise<unknown> => {
    return JSON.parse((await request(await command(t, ['app.mjs', '-o', '-n', '1', '-p', '0', ...args], { cwd, env: { FASTIFY_PLUGIN_TIMEOUT: args.length > 0 ? '8000' : '' } }).url())).body)
  }
  t.strictSame(await answer([]), [3, 7_000, 'warn'])
  t.strictSame(await answer(['--body-limit', '5', '-l', 'info']), [5, 8_000, 'info'])
})

t.test('imports are loaded before the app, in order', async t => {
  const app = command(t, [appPath('imported.mjs'), '-n', '1', '-p', '0', '-i', appPath('import-first.mjs'), '--import', './import-second.mjs'], { cwd: appPath('') })
  t.strictSame(JSON.parse((await request(await app.url())).body), { importedFirst: ['first', 'second'] })
})

t.test('--socket serves a Unix socket, and removes its file at the end', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'shared-fastify-')) // the path of a test's own folder is too long for a socket
  t.teardown(() => { rmSync(folder, { recursive: true }) })
  const socketPath = join(folder, 's')
  const app = command(t, [PLUGIN, '-n', '1', '-s', socketPath], hooked)
  await app.event('listening', ({ msg }) => msg === `listening on ${socketPath}`)
  t.match(JSON.parse((await request('http://localhost/', { socketPath })).body), { worker: 1 })
  t.strictSame(await app.stop(), { code: 0, signal: null })
  t.notOk(existsSync(socketPath))
  t.strictSame(await app.leftBehind(), [])
})

t.test('--fd serves an inherited listening socket', async t => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const app = command(t, [PLUGIN, '-n', '1', '--fd', '3'], { ...hooked, inherit: [server] })
  await app.event('listening', ({ msg }) => msg === `listening on 127.0.0.1:${port}`)
  server.close() // only the command has it now
  t.match(JSON.parse((await request(`http://127.0.0.1:${port}/`)).body), { worker: 1 })
})

t.test('the primary loads neither the app, nor Fastify, nor modules for TypeScript or terminals only', async t => {
  const list = `--require ${appPath('../list-packages.cjs')}`
  const app = command(t, [appPath('tells-load.mjs'), '-n', '1', '-p', '0'], { env: { NODE_OPTIONS: list } })
  const { pid: loadedBy } = await app.event('loaded')
  await app.url()
  await app.stop()
  t.not(loadedBy, app.pid)
  const { packages } = await app.event('packages', ({ pid }) => pid === app.pid) as unknown as { packages: string[] }
  t.ok(packages.includes('pino'), 'the list is one')
  for (const name of ['fastify', 'avvio', 'find-my-way', 'fastify-plugin', 'pino-pretty', 'tsx', 'esbuild']) t.notOk(packages.includes(name), name)
})
