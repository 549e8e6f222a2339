import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import t from 'tap'
import { shortFolder } from '../fakes.js'
import { appPath, command, hooked } from '../helper.js'

t.test("a port in use: one error with Node's code, exit code 1, no worker started", async t => {
  const other = createServer().listen(0, '127.0.0.1')
  t.teardown(() => other.close())
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const app = command(t, [appPath('tells-load.mjs'), '-a', '127.0.0.1', '-p', String(port)], hooked)
  t.strictSame(await app.ended, { code: 1, signal: null })
  t.match(app.failures, [{ event: 'listen-failed', err: { code: 'EADDRINUSE' }, msg: `cannot listen on the app's port: listen EADDRINUSE: address already in use 127.0.0.1:${port}` }])
  t.notOk(app.lines.some(({ event }) => event === 'loaded'))
  t.strictSame(await app.leftBehind(), [])
})

for (const [what, flag] of [['start the admin server', '--admin'], ['listen on the app\'s port', '--port']] as const) {
  t.test(`with several addresses, the error says which one failed: cannot ${what}`, async t => {
    const other = createServer().listen(0, '127.0.0.1')
    t.teardown(() => other.close())
    await once(other, 'listening')
    const taken = String((other.address() as AddressInfo).port)
    const args = { '--port': '0', '--admin': '0', [flag]: taken }
    const app = command(t, [appPath('tells-load.mjs'), '-a', '127.0.0.1', '--no-control', ...Object.entries(args).flat()])
    t.strictSame(await app.ended, { code: 1, signal: null })
    t.match(app.failures, [{ event: 'listen-failed', err: { code: 'EADDRINUSE' }, msg: `cannot ${what}: listen EADDRINUSE: address already in use 127.0.0.1:${taken}` }])
    t.strictSame(await app.leftBehind(), [])
  })
}

t.test('with several addresses, the error says which one failed: cannot open the control socket', async t => {
  const folder = shortFolder(t)
  for (const [path, says] of [[`${folder}/nowhere/c`, `cannot open the control socket: listen EACCES: permission denied ${folder}/nowhere/c`], [`${folder}/file`, `cannot open the control socket: listen EADDRINUSE: address already in use ${folder}/file`]] as const) {
    writeFileSync(`${folder}/file`, '')
    const app = command(t, [appPath('tells-load.mjs'), '-p', '0', '--control', path])
    t.strictSame(await app.ended, { code: 1, signal: null })
    t.match(app.failures, [{ event: 'listen-failed', msg: says }])
  }
})

t.test('the log shows the address of the admin server, even if it listens on all addresses', async t => {
  const app = command(t, [appPath('plugin.mjs'), '-n', '1', '-p', '0', '--no-control', '--admin', '0.0.0.0:0'])
  const { address, msg } = await app.event('admin')
  t.match(address, /^http:\/\/0\.0\.0\.0:\d+$/)
  t.equal(msg, `the admin server is listening on ${String(address)}`)
})

t.test('a descriptor that is not a listening socket: one error that names it, exit code 1', async t => {
  const file = await open(appPath('plugin.mjs'))
  t.teardown(async () => { await file.close() })
  const app = command(t, [appPath('plugin.mjs'), '--fd', '3'], { inherit: [file.fd] })
  t.strictSame(await app.ended, { code: 1, signal: null })
  t.match(app.failures, [{ event: 'listen-failed', err: { code: 'SHARED_PORT_ERR_FD' }, msg: 'File descriptor 3 is not a listening socket' }])
})
