import t from 'tap'
import { toNotice } from '../lib/error-notice.js'
import { isToPrimary, post, receive, type ToPrimary, type ToWorker } from '../lib/protocol.js'
import { FakeChannel, FakeHandle } from './fakes.js'

/** The received messages of what is delivered. */
function received (deliver: (channel: FakeChannel) => void): unknown[] {
  const channel = new FakeChannel()
  const messages: unknown[] = []
  receive<ToWorker>(channel, (message, handle) => { messages.push([message, handle]) })
  deliver(channel)
  return messages
}

/** A message as it is on the wire. */
function wired (message: ToPrimary | ToWorker): object {
  const channel = new FakeChannel()
  post(channel, message)
  return JSON.parse(JSON.stringify(channel.sent[0]?.message)) as object
}

t.test('a posted message arrives, with its handle', async t => {
  const handle = new FakeHandle()
  t.match(received(channel => { channel.deliver(wired({ type: 'left', key: 'a' })) }), [[{ type: 'left', key: 'a' }, undefined]])
  const [[message, arrived]] = received(channel => {
    channel.deliver(wired({ type: 'handoff', number: 7, key: 'a' }), handle)
  }) as [[object, unknown]]
  t.match(message, { type: 'handoff', number: 7, key: 'a' })
  t.equal(arrived, handle)
})

t.test("the app's own listeners do not see our messages: Node hides those whose cmd begins with NODE_", async t => {
  t.match(wired({ type: 'left', key: 'a' }), { cmd: /^NODE_/ })
})

for (const foreign of [null, undefined, 5, 'left', [], {}, { type: 'left', key: 'a' }, { cmd: 'NODE_CLUSTER', act: 'online' }, { cmd: 'NODE_HANDLE_ACK' }, { cmd: 'NODE_HANDLE' }, { cmd: 'NODE_HANDLE', msg: null }, { cmd: 'NODE_HANDLE', msg: { cmd: 'NODE_CLUSTER' } }, { cmd: 'NODE_SHARED_FASTIFY' }, { cmd: 'NODE_SHARED_FASTIFY', type: 7 }]) {
  t.test(`other messages are ignored: ${JSON.stringify(foreign)}`, async t => {
    t.same(received(channel => { channel.deliver(foreign) }), [])
  })
}

t.test('a message whose handle did not arrive comes without one', async t => {
  const envelope = { cmd: 'NODE_HANDLE', type: 'net.Native', msg: wired({ type: 'handoff', number: 7, key: 'a' }) }
  // Node passes null for it.
  t.match(received(channel => { channel.deliver(envelope, null) }), [[{ type: 'handoff', number: 7 }, undefined]])
})

t.test('an envelope with its handle is left to Node, which unwraps it: the message arrives once', async t => {
  const envelope = { cmd: 'NODE_HANDLE', type: 'net.Native', msg: wired({ type: 'handoff', number: 7, key: 'a' }) }
  t.same(received(channel => { channel.deliver(envelope, new FakeHandle()) }), [])
})

t.test('nothing arrives after the receiver has stopped, and no listener is left', async t => {
  const channel = new FakeChannel()
  const stop = receive(channel, () => { t.fail('arrived') })
  stop()
  channel.deliver(wired({ type: 'left', key: 'a' }))
  t.equal(channel.listeners, 0)
})

t.test('a closed channel is an error for the callback, in a later tick, and for nobody else', async t => {
  const channel = new FakeChannel()
  channel.close()
  post(channel, { type: 'left', key: 'a' })
  let later = false
  const err = await new Promise<Error | null>(resolve => {
    post(channel, { type: 'left', key: 'a' }, undefined, err => {
      t.ok(later, 'not before post() has returned')
      resolve(err)
    })
    later = true
  })
  t.match(err, { message: 'the IPC channel is closed' })
})

t.test("the callback gets the channel's result", async t => {
  const channel = new FakeChannel()
  const answers: unknown[] = []
  post(channel, { type: 'left', key: 'a' }, undefined, err => { answers.push(err) })
  const broken = new Error('write EPIPE')
  channel.sent[0]?.done(null)
  channel.sent[0]?.done(broken)
  t.same(answers, [null, broken])
})

t.test('every message is sent with a callback: without one, an error of the channel would be thrown', async t => {
  const channel = new FakeChannel()
  post(channel, { type: 'left', key: 'a' })
  t.type(channel.sent[0]?.done, 'function')
  t.doesNotThrow(() => channel.sent[0]?.done(new Error('write EPIPE')))
})

t.test('a message from a worker is valid if all its fields are present and have the right types', async t => {
  const error = { name: 'Error', message: 'no memory' }
  const pulse = { type: 'pulse', requests: 1, rss: 2, debugged: false, utilization: 1, delay: 0, stalls: 0, handshakes: { full: 3, resumed: 4 } }
  for (const message of [
    { type: 'attach', key: 'a' }, { type: 'attach', key: 'a'.repeat(4_096) }, { type: 'listening', key: 'a', plain: true }, { type: 'leave' }, { type: 'leave', key: 'a' }, { type: 'closed', key: 'a' },
    { type: 'open', count: 0, taken: 0 }, pulse, { type: 'checking' }, { type: 'inspecting' }, { type: 'inspecting', url: 'ws://127.0.0.1:9229/1' }, { type: 'stats', id: 1 },
    ...[{ duration: 1 }, { duration: 1, route: 'GET /' }, { duration: 1, requests: [] }, { duration: 1, requests: Array(5).fill('a'.repeat(200)) }].map(stall => ({ ...pulse, stall })),
    { type: 'failed', error }, { type: 'failed', error: toNotice(new Error('a', { cause: new Error('b') })) }, { type: 'failed' }, { type: 'failed', error: 'text' }, { type: 'survived' }, { type: 'ack', number: 1, accepted: true, leaving: false },
    ...['drain', 'time', 'rescue'].map(reason => ({ type: 'return', number: 1, key: 'a', reason, left: 0, note: 'a'.repeat(100) }))
  ]) t.ok(isToPrimary(message), JSON.stringify(message))
  for (const message of [
    { type: 'toString' }, { type: 'attach' }, ...['attach', 'leave', 'closed'].map(type => ({ type, key: 'a'.repeat(4_097) })), { type: 'listening', key: 'a'.repeat(4_097), plain: true }, { type: 'listening', key: 1, plain: true }, { type: 'leave', key: null }, { type: 'closed' }, { type: 'open', count: NaN, taken: 0 }, { type: 'open', count: 0.5, taken: 0 }, { type: 'open', count: 2 ** 33, taken: 0 }, { type: 'open', count: 0, taken: Infinity }, { type: 'open', count: 0 }, { type: 'listening', key: 'k' },
    { type: 'pulse' }, { ...pulse, requests: '1' }, { ...pulse, utilization: 1.1 }, { ...pulse, utilization: null }, { ...pulse, delay: -1 }, { ...pulse, stalls: undefined }, { ...pulse, handshakes: null }, { ...pulse, handshakes: { full: 3 } },
    ...[null, 'text', {}, { duration: '1' }, { duration: 1, route: 1 }, { duration: 1, route: 'a'.repeat(201) }, { duration: 1, requests: 'GET /' }, { duration: 1, requests: [1] }, { duration: 1, requests: ['a'.repeat(201)] }, { duration: 1, requests: Array(6).fill('a') }].map(stall => ({ ...pulse, stall })),
    { type: 'inspecting', url: 1 }, { type: 'stats' }, { type: 'ack', number: 1 },
    ...[{ number: -1 }, { key: 1 }, { reason: 'other' }, { reason: 0 }, { left: -1 }, { left: null }, { left: 2 ** 31 }, { note: 1 }, { note: 'a'.repeat(101) }].map(wrong => ({ type: 'return', number: 1, key: 'a', reason: 'time', left: 1, note: '', ...wrong }))
  ]) t.notOk(isToPrimary(message), JSON.stringify(message))
})
