import t from 'tap'
import { spawn } from 'node:child_process'
import { on, once } from 'node:events'
import net from 'node:net'
import { bindTcp, type RawHandle, type SocketName } from '../../lib/platform/node-internals.js'
import { IpcLane, receiveIpc } from '../../lib/lane/ipc.js'
import type { Ack, Admission, Connection, Receiver } from '../../lib/lane/interface.js'
import type { Channel } from '../../lib/protocol.js'
import { fixturePath } from '../helper.js'
import { killChildAtEnd } from '../reaper.js'
import { FakeChannel, FakeHandle } from '../fakes.js'

const ipcLane = new IpcLane()
const CMD = 'NODE_SHARED_FASTIFY'

// The primary's side.

function listen (handle: FakeHandle): { connections: Connection[], errors: NodeJS.ErrnoException[], close: () => Promise<void> } {
  const connections: Connection[] = []
  const errors: NodeJS.ErrnoException[] = []
  const acceptor = ipcLane.listen(handle, 7, {
    onConnections: accepted => { connections.push(...accepted) },
    onError: err => { errors.push(err) }
  })
  return { connections, errors, close: async () => { await acceptor.close() } }
}

/** An accepted connection. */
function accept (client = new FakeHandle()): Connection {
  const handle = new FakeHandle()
  const { connections } = listen(handle)
  handle.onconnection?.(0, client)
  return connections[0] as Connection
}

t.test('it listens with the given backlog, and stops when the acceptor is closed', async t => {
  const handle = new FakeHandle()
  const { close } = listen(handle)
  t.equal(handle.backlog, 7)
  t.equal(handle.closed, 0)
  await close()
  t.equal(handle.closed, 1)
})

t.test("a handle that cannot listen is closed, and the error is listen(2)'s", async t => {
  const handle = new FakeHandle()
  handle.status = -98
  t.throws(() => listen(handle), { code: 'EADDRINUSE', syscall: 'listen', errno: -98 })
  t.equal(handle.closed, 1)
})

t.test("connections are delivered as they are accepted, with the client's address", async t => {
  const handle = new FakeHandle()
  const { connections, errors } = listen(handle)
  handle.onconnection?.(0, new FakeHandle('192.0.2.7'))
  handle.onconnection?.(0, new FakeHandle())
  t.same(connections.map(connection => connection.address()), ['192.0.2.7', undefined])
  t.same(errors, [])
})

t.test('a failed accept is reported, and delivers no connection', async t => {
  const handle = new FakeHandle()
  const { connections, errors } = listen(handle)
  handle.onconnection?.(-24, undefined as unknown as FakeHandle)
  t.match(errors, [{ code: 'EMFILE', syscall: 'accept', errno: -24 }])
  t.same(connections, [])
})

t.test("closing a connection closes the primary's handle", async t => {
  const client = new FakeHandle()
  const connection = accept(client)
  t.equal(client.closed, 0)
  connection.close()
  t.equal(client.closed, 1)
})

t.test('an address has no zone, which is meaningful on this machine only', async t => {
  for (const [name, address] of [['fe80::1%br-lan', 'fe80::1'], ['192.0.2.1', '192.0.2.1']] as const) {
    const accepted = accept(new FakeHandle(name))
    t.equal(accepted.address(), address)
  }
})

t.test('a frame is one connection: its handle is sent with the message, and stays open', async t => {
  t.equal(ipcLane.frameSize, 1)
  const channel = new FakeChannel()
  const client = new FakeHandle()
  const wire = ipcLane.createWire({ onAck () {}, onBroken () {}, onReturned () {} })
  t.same(wire.inherited, [])
  wire.start(channel)
  t.ok(wire.send({ number: 3, key: 'k', connections: [accept(client)] }))
  t.match(channel.sent, [{ message: { cmd: CMD, type: 'handoff', number: 3, key: 'k' } }])
  t.equal(channel.sent[0]?.handle, client)
  channel.sent[0]?.done(null)
  channel.sent[0]?.done(new Error('write EPIPE'))
  t.equal(client.closed, 0)
})

t.test('an ack contains its frame, and whether the connection was refused', async t => {
  const channel = new FakeChannel()
  const acks: Ack[] = []
  const wire = ipcLane.createWire({ onAck: ack => { acks.push(ack) }, onBroken () {}, onReturned () {} })
  wire.start(channel)
  channel.deliver({ cmd: CMD, type: 'ack', number: 3, accepted: true, leaving: false })
  channel.deliver({ cmd: CMD, type: 'ack', number: 4, accepted: false, leaving: true })
  channel.deliver({ cmd: CMD, type: 'open', count: 4 })
  t.same(acks, [{ number: 3, refused: [], leaving: false }, { number: 4, refused: [0], leaving: true }])
  wire.close()
  channel.deliver({ cmd: CMD, type: 'ack', number: 5, accepted: true, leaving: false })
  t.equal(acks.length, 2, 'nothing after its close')
  t.equal(channel.listeners, 0)
})

t.test('a dead worker has not taken a connection that it has not acked', async t => {
  const wire = ipcLane.createWire({ onAck () {}, onBroken () {}, onReturned () {} })
  const connections = [accept()]
  t.equal(wire.untaken({ number: 1, key: 'k', connections }), connections)
})

t.test('a send on a closed channel is not an error: the exit that follows returns the connection', async t => {
  const channel = new FakeChannel()
  channel.close()
  const wire = ipcLane.createWire({ onAck () {}, onBroken () {}, onReturned () {} })
  wire.start(channel)
  t.ok(wire.send({ number: 1, key: 'k', connections: [accept()] }))
  wire.close()
})

// The worker's side.

interface WorkerSide { channel: FakeChannel, receiver: Receiver & { leaving: boolean, admits: boolean }, injected: unknown[], cancelled: () => number, deliver: (number: number, handle?: FakeHandle) => void, setPrimaryLives: (lives: boolean) => void }

function createReceiver (): WorkerSide {
  const channel = new FakeChannel()
  const injected: unknown[] = []
  let cancelled = 0
  let lives = true
  const receiver = {
    leaving: false,
    admits: true,
    admit (key: string): Admission | null {
      if (!this.admits || key !== 'k') return null
      return { inject: client => { injected.push(client) }, cancel: () => { cancelled++ } }
    }
  }
  receiveIpc(channel, receiver, () => lives)
  return {
    channel,
    receiver,
    injected,
    cancelled: () => cancelled,
    // If the handle is missing, Node delivers the envelope of the message.
    deliver (number, handle) {
      const message = { cmd: CMD, type: 'handoff', number, key: 'k' }
      if (handle === undefined) channel.deliver({ cmd: 'NODE_HANDLE', type: 'net.Native', msg: message }, null)
      else channel.deliver(message, handle)
    },
    setPrimaryLives (now) { lives = now }
  }
}

const acks = ({ sent }: FakeChannel): unknown[] => sent.map(({ message: { cmd, type, ...rest } }) => rest)

t.test('a connection is injected after its ack has been written, not before', async t => {
  const { channel, injected, deliver, cancelled } = createReceiver()
  const client = new FakeHandle()
  deliver(1, client)
  t.same(acks(channel), [{ number: 1, accepted: true, leaving: false }])
  t.same(injected, [])
  channel.sent[0]?.done(null)
  t.equal(injected[0], client)
  t.equal(client.closed, 0)
  t.equal(cancelled(), 0)
})

t.test('a connection that is not admitted is refused, and this copy is closed', async t => {
  const { channel, receiver, injected, deliver } = createReceiver()
  receiver.admits = false
  const client = new FakeHandle()
  deliver(1, client)
  t.same(acks(channel), [{ number: 1, accepted: false, leaving: false }])
  channel.sent[0]?.done(null)
  t.same(injected, [])
  t.equal(client.closed, 1)
})

t.test('a connection whose descriptor did not arrive is refused', async t => {
  const { channel, injected, deliver } = createReceiver()
  deliver(1)
  t.same(acks(channel), [{ number: 1, accepted: false, leaving: false }])
  t.same(injected, [])
})

t.test('a process without free descriptors refuses, and serves again when it has some', async t => {
  const child = spawn('/bin/sh', ['-c', 'ulimit -n 64; exec "$0" "$1"', process.execPath, fixturePath('no-descriptors.mjs')], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  t.teardown(() => child.kill('SIGKILL'))
  killChildAtEnd(child)
  const answers = on(child, 'answer')
  const wire = ipcLane.createWire({ onAck: ack => { child.emit('answer', ack) }, onBroken () {}, onReturned () {} })
  wire.start(child as unknown as Channel)
  await once(child, 'message')
  const bound = bindTcp('127.0.0.1', 0) as RawHandle
  const name = {} as SocketName
  bound.getsockname?.(name)
  const waiting: Connection[] = []
  const acceptor = ipcLane.listen(bound, 5, {
    onConnections: connections => {
      waiting.push(...connections)
      wire.send({ number: 1, key: 'k', connections })
    },
    onError: err => { throw err }
  })
  t.teardown(() => { acceptor.close() })
  const client = net.connect(name.port, name.address).setEncoding('utf8')
  t.same((await answers.next()).value, [{ number: 1, refused: [0], leaving: false }])
  child.send('close some')
  await once(child, 'message')
  wire.send({ number: 2, key: 'k', connections: waiting })
  t.same((await answers.next()).value, [{ number: 2, refused: [], leaving: false }])
  waiting[0]?.close()
  t.same(await once(client, 'data'), ['served'])
})

t.test('a worker that is leaving says so in its ack', async t => {
  const { channel, receiver, deliver } = createReceiver()
  receiver.leaving = true
  deliver(1, new FakeHandle())
  receiver.admits = false
  deliver(2, new FakeHandle())
  t.same(acks(channel), [{ number: 1, accepted: true, leaving: true }, { number: 2, accepted: false, leaving: true }])
})

t.test('if the ack cannot be written while the primary is alive, the connection is left to another worker', async t => {
  const { channel, injected, deliver, cancelled } = createReceiver()
  const client = new FakeHandle()
  deliver(1, client)
  channel.sent[0]?.done(new Error('write EPIPE'))
  t.same(injected, [])
  t.equal(client.closed, 1)
  t.equal(cancelled(), 1)
})

t.test('if the ack cannot be written because the primary is gone, the connection is served: no other process has it', async t => {
  const { channel, injected, deliver, setPrimaryLives } = createReceiver()
  const client = new FakeHandle()
  deliver(1, client)
  setPrimaryLives(false)
  channel.sent[0]?.done(new Error('write EPIPE'))
  t.equal(injected[0], client)
  t.equal(client.closed, 0)
})

t.test('other messages are ignored', async t => {
  const { channel, injected } = createReceiver()
  channel.deliver({ cmd: CMD, type: 'drain', grace: 1 })
  channel.deliver({ type: 'handoff', number: 1, key: 'k' }, new FakeHandle())
  t.same([channel.sent, injected], [[], []])
})
