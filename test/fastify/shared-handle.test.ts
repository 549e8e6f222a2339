import { AsyncLocalStorage } from 'node:async_hooks'
import t from 'tap'
import { SharedHandle } from '../../lib/fastify/shared-handle.js'
import { FakeHandle } from '../fakes.js'

const name = { address: '127.0.0.1', family: 'IPv4', port: 80 }

t.test('it returns the address that the primary has bound', async t => {
  const handle = new SharedHandle(name, () => {})
  const out = {}
  t.equal(handle.getsockname?.(out), 0)
  t.same(out, name)
  handle.close()
})

t.test('for a Unix socket it has no getsockname(): Node tests whether it exists', async t => {
  const handle = new SharedHandle('/tmp/s', () => {})
  t.equal(handle.getsockname, undefined)
  handle.close()
})

t.test('listening on it always succeeds', async t => {
  const handle = new SharedHandle(name, () => {})
  t.equal(handle.listen(), 0)
  handle.close()
})

t.test('close() is reported at once, and its callback is called in a later tick', async t => {
  const told: string[] = []
  const handle = new SharedHandle(name, () => { told.push('closed') })
  const answered = new Promise<void>(resolve => {
    handle.close(() => {
      told.push('answered')
      resolve()
    })
  })
  t.same(told, ['closed'])
  await answered
  t.same(told, ['closed', 'answered'])
})

t.test("it keeps the process alive until it is closed or unref'd, as a listening handle does", async t => {
  const timers = (): number => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
  const before = timers()
  const handle = new SharedHandle(name, () => {})
  t.equal(timers(), before + 1)
  handle.unref()
  t.equal(timers(), before)
  handle.ref()
  handle.ref()
  t.equal(timers(), before + 1, 'once, however often ref() is called')
  handle.close()
  t.equal(timers(), before)
})

t.test("a connection arrives through Node's own accept path, in the async context in which the handle was made", async t => {
  const storage = new AsyncLocalStorage()
  const handle = storage.run('of listen()', () => new SharedHandle(name, () => {}))
  const calls: unknown[] = []
  handle.onconnection = function (this: unknown, status, client) { calls.push(this, status, client, storage.getStore()) }
  const client = new FakeHandle()
  storage.run('of somebody else', () => { handle.accept(client) })
  t.equal(calls[0], handle)
  t.equal(calls[1], 0)
  t.equal(calls[2], client)
  t.equal(calls[3], 'of listen()')
  handle.close()
})

t.test('an exception of a connection listener is thrown to the caller', async t => {
  const handle = new SharedHandle(name, () => {})
  handle.onconnection = () => { throw new Error('thrown at a connection') }
  t.throws(() => { handle.accept(new FakeHandle()) }, { message: 'thrown at a connection' })
  handle.close()
})
