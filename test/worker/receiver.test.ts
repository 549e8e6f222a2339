import t from 'tap'
import net from 'node:net'
import { ConnectionReceiver } from '../../lib/worker/receiver.js'
import type { Admission } from '../../lib/lane.js'
import { FakeHandle } from '../fakes.js'

function create ({ open = 0, ...settings }: { open?: number, maxConnections?: number, dropMaxConnection?: boolean } = {}) {
  const server = Object.assign(net.createServer(), { _connections: open }, settings)
  Object.defineProperty(server, 'listening', { value: true, writable: true })
  const injected: unknown[] = []
  const receiver = new ConnectionReceiver()
  receiver.add('k', server, client => { injected.push(client) })
  return { receiver, injected, server: server as typeof server & { listening: boolean, _connections: number }, admit: () => receiver.admit('k') }
}

t.test('an admitted connection is injected', async t => {
  const { injected, admit } = create()
  const client = new FakeHandle()
  const admission = admit() as Admission
  t.same(injected, [])
  admission.inject(client, '')
  t.equal(injected.length, 1)
  t.equal(injected[0], client)
})

t.test('an unknown key is refused', async t => {
  t.equal(create().receiver.admit('other'), null)
  t.equal(new ConnectionReceiver().admit('k'), null)
})

t.test('each key leads to its own server', async t => {
  const { receiver, injected } = create()
  const other: unknown[] = []
  const server = Object.defineProperty(net.createServer(), 'listening', { value: true })
  receiver.add('other', server, client => { other.push(client) })
  receiver.admit('other')?.inject(new FakeHandle(), '')
  t.equal(injected.length, 0)
  t.equal(other.length, 1)
})

t.test('a removed key is refused', async t => {
  const { receiver, admit } = create()
  receiver.remove('k')
  t.equal(admit(), null)
})

t.test('a closed server is refused: it would answer 503, or nothing', async t => {
  const { server, admit } = create()
  server.listening = false
  t.equal(admit(), null)
})

t.test('a full server refuses, until it is not full any more', async t => {
  const { server, admit } = create({ maxConnections: 2, open: 2 })
  t.equal(admit(), null)
  server._connections = 1
  t.ok(admit())
})

t.test('admitted connections that are not injected yet count: a server never gets more than it may have', async t => {
  const { server, admit } = create({ maxConnections: 3, open: 1 })
  const first = admit() as Admission
  t.ok(admit())
  t.equal(admit(), null)
  first.cancel()
  const third = admit() as Admission
  t.ok(third, 'a cancelled place is free again')
  t.equal(admit(), null)
  third.inject(new FakeHandle(), '')
  server._connections++
  t.equal(admit(), null, 'a used place is counted by the server')
})

t.test('a server that wants to drop excess connections gets them, with its drop event', async t => {
  t.ok(create({ maxConnections: 1, open: 1, dropMaxConnection: true }).admit())
  t.equal(create({ maxConnections: 1, open: 1, dropMaxConnection: false }).admit(), null)
})
