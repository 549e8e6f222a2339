import t, { type Test } from 'tap'
import net from 'node:net'
import { getSystemErrorMap } from 'node:util'
import { systemError } from '../../lib/platform/system-error.js'
import { shortFolder } from '../fakes.js'

t.test('a port in use: the same error as from net', async t => {
  const port = await taken(t, { port: 0, host: '127.0.0.1' })
  const real = await failure({ port, host: '127.0.0.1' })
  t.equal(real.code, 'EADDRINUSE')
  same(t, systemError(real.errno as number, 'listen', { address: '127.0.0.1', port }), real)
})

t.test("another machine's address, any port: the same error as from net", async t => {
  const real = await failure({ port: 0, host: '192.0.2.1' })
  t.equal(real.code, 'EADDRNOTAVAIL')
  same(t, systemError(real.errno as number, 'listen', { address: '192.0.2.1', port: 0 }), real)
})

t.test('a path in a missing folder: the same error as from net', async t => {
  const path = `${shortFolder(t)}/none/socket`
  const real = await failure({ path })
  t.equal(real.code, 'EACCES')
  same(t, systemError(real.errno as number, 'listen', { address: path }), real)
})

t.test('without an address the message contains none', async t => {
  const [errno] = [...getSystemErrorMap()].find(([, [code]]) => code === 'EMFILE') as [number, [string, string]]
  t.match(systemError(errno, 'accept'), { message: 'accept EMFILE: too many open files', code: 'EMFILE', errno, syscall: 'accept' })
})

t.test('a number that libuv does not know is an error nevertheless', async t => {
  t.match(systemError(-99_999, 'listen'), { message: 'listen UNKNOWN: unknown error -99999', code: 'UNKNOWN', errno: -99_999 })
})

function same (t: Test, err: NodeJS.ErrnoException, real: NodeJS.ErrnoException): void {
  const pick = ({ message, code, errno, syscall, address }: NodeJS.ErrnoException & { address?: string }): object => ({ message, code, errno, syscall, address })
  t.strictSame(pick(err), pick(real))
}

async function taken (t: Test, options: net.ListenOptions): Promise<number> {
  const server = net.createServer()
  await new Promise<void>(resolve => { server.listen(options, resolve) })
  t.teardown(() => server.close())
  return (server.address() as net.AddressInfo).port
}

async function failure (options: net.ListenOptions): Promise<NodeJS.ErrnoException> {
  return await new Promise(resolve => { net.createServer().listen(options).once('error', resolve) })
}
