import { open } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import t from 'tap'
import { appPath, command } from '../helper.js'

interface Failure {
  what: string
  app: string
  args?: string[]
  /** One unless said: starting takes its time. */
  workers?: number
  /** In the error's message, and in its stack. */
  says: RegExp | string
  where?: string
  /** On stderr, by Node. */
  text?: RegExp
}

const failures: Failure[] = [
  { what: 'throws while loading', app: 'throws.mjs', workers: 3, says: 'thrown while loading', where: 'apps/throws.mjs:1' },
  { what: 'throws what is no error', app: 'throws-text.mjs', says: "threw 'no error at all'" },
  { what: 'rejects while loading', app: 'rejects.mjs', says: 'rejected while loading: the reason', where: 'caused by: Error: the reason' },
  { what: 'throws what nobody catches', app: 'throws-later.mjs', says: 'thrown by nobody in particular', where: 'apps/throws-later.mjs:2' },
  { what: 'has a syntax error', app: 'syntax.mjs', says: "Unexpected token '='", text: /apps\/broken\/broken\.mjs:1\nexport const a = = 1/ },
  { what: 'has a syntax error in TypeScript', app: 'broken/broken.ts', says: /broken\.ts:1:\d+: ERROR: Unexpected "="/ },
  { what: 'imports what is not there', app: 'broken/imports.mjs', says: /Cannot find module .*nowhere\.mjs/ },
  { what: 'throws in its plugin', app: 'plugin-throws.mjs', workers: 3, says: 'thrown in the plugin', where: 'apps/plugin-throws.mjs:2' },
  { what: 'throws in onReady', app: 'ready-throws.mjs', says: 'thrown in onReady', where: 'apps/ready-throws.mjs:2' },
  { what: 'is never ready', app: 'never-ready.mjs', args: ['--plugin-timeout', '500'], says: "Plugin did not start in time: 'slowpoke'" },
  { what: 'waits for ever while loading', app: 'never-loads.mjs', says: /never-loads\.mjs waits, while it loads, for something that never comes/ },
  { what: 'exports nothing', app: 'exports-nothing.mjs', says: /must export a plugin.*; it exports nothing$/ },
  { what: 'exports something else', app: 'exports-else.mjs', says: /it exports default \(\{ port: 3000 \}\), name \('app'\)$/ },
  { what: 'exports a text', app: 'exports-text.cjs', says: /it exports default \('app'\)$/ },
  { what: 'listens while loading', app: 'listens.mjs', workers: 3, says: /listens\.mjs calls listen\(\) itself: export the instance instead/ },
  { what: 'listens and catches the error', app: 'listens-and-catches.mjs', says: /calls listen\(\) itself/ },
  { what: 'listens when it is loaded', app: 'listens-later.mjs', says: /calls listen\(\) itself/ },
  { what: 'is an instance, and the options are for a plugin', app: 'instance.mjs', args: ['-x', '/api', '-o', '--body-limit', '5', '--', '--greeting', 'hello'], says: /exports a Fastify instance, .*: --prefix, --options, --body-limit, -- --greeting is for apps/ }
]

for (const { what, app: file, args = [], workers = 1, says, where, text } of failures) {
  t.test(`an app that ${what}: one error that says so, exit code 1, nobody left`, async t => {
    const app = command(t, [appPath(file), '-n', String(workers), '-p', '0', ...args])
    t.strictSame(await app.ended, { code: 1, signal: null })
    t.equal(app.failures.length, 1, 'one error')
    const [{ msg, err } = { msg: '', err: undefined }] = app.failures
    t.match(msg, /^worker \d exited with code 1 before it was ready$/)
    t.match(err, { message: says })
    if (where !== undefined) t.ok((err as { stack: string }).stack.includes(where), `the stack has ${where}`)
    if (text !== undefined) t.match(app.text, text)
    t.strictSame(app.processes(), [])
  })
}

t.test('an app that exits while loading: one error that says so, exit code 1, nobody left', async t => {
  const app = command(t, [appPath('exits.mjs'), '-n', '2', '-p', '0'])
  t.strictSame(await app.ended, { code: 1, signal: null })
  t.match(app.failures, [{ msg: /^worker \d exited with code 0 before it was ready$/ }])
  t.strictSame(app.processes(), [])
})

t.test('a port in use: one error with Node\'s code, exit code 1, no worker started', async t => {
  const other = createServer().listen(0, '127.0.0.1')
  t.teardown(() => other.close())
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const app = command(t, [appPath('tells-load.mjs'), '-a', '127.0.0.1', '-p', String(port)])
  t.strictSame(await app.ended, { code: 1, signal: null })
  t.match(app.failures, [{ event: 'listen-failed', err: { code: 'EADDRINUSE' }, msg: `listen EADDRINUSE: address already in use 127.0.0.1:${port}` }])
  t.notOk(app.lines.some(({ event }) => event === 'loaded'))
  t.strictSame(app.processes(), [])
})

t.test('a descriptor that is no listening socket: one error that names it, exit code 1', async t => {
  const file = await open(appPath('plugin.mjs'))
  t.teardown(async () => { await file.close() })
  const app = command(t, [appPath('plugin.mjs'), '--fd', '3'], { inherit: [file.fd] })
  t.strictSame(await app.ended, { code: 1, signal: null })
  t.match(app.failures, [{ event: 'listen-failed', err: { code: 'SHARED_PORT_ERR_FD' }, msg: 'File descriptor 3 is not a listening socket' }])
})
