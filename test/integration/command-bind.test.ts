import { once } from 'node:events'
import { open } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import t from 'tap'
import { appPath, command, hooked } from '../helper.js'

t.test('a port in use: one error with Node\'s code, exit code 1, no worker started', async t => {
  const other = createServer().listen(0, '127.0.0.1')
  t.teardown(() => other.close())
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const app = command(t, [appPath('tells-load.mjs'), '-a', '127.0.0.1', '-p', String(port)], hooked)
  t.strictSame(await app.ended, { code: 1, signal: null })
  t.match(app.failures, [{ event: 'listen-failed', err: { code: 'EADDRINUSE' }, msg: `listen EADDRINUSE: address already in use 127.0.0.1:${port}` }])
  t.notOk(app.lines.some(({ event }) => event === 'loaded'))
  t.strictSame(await app.leftBehind(), [])
})

t.test('a descriptor that is no listening socket: one error that names it, exit code 1', async t => {
  const file = await open(appPath('plugin.mjs'))
  t.teardown(async () => { await file.close() })
  const app = command(t, [appPath('plugin.mjs'), '--fd', '3'], { inherit: [file.fd] })
  t.strictSame(await app.ended, { code: 1, signal: null })
  t.match(app.failures, [{ event: 'listen-failed', err: { code: 'SHARED_PORT_ERR_FD' }, msg: 'File descriptor 3 is not a listening socket' }])
})
