import t from 'tap'
import { once } from 'node:events'
import net from 'node:net'
import { readListenTarget } from '../lib/fastify/listen-target.js'
import { readOptions } from '../lib/options/options.js'
import { Primary } from '../lib/primary.js'
import type { SocketName } from '../lib/platform/node-internals.js'
import { createLog, FakeChild, FakeClock } from './fakes.js'

const CMD = 'NODE_SHARED_FASTIFY'

t.test('closing one of two keys drops its pending connections when its grace is over', async t => {
  const clock = new FakeClock()
  const worker = new FakeChild(1)
  // The worker serves each key as soon as it is bound.
  const { send } = worker.channel
  worker.channel.send = (message, handle, options, done) => {
    const { type, key } = message as { type: string, key: string }
    if (type === 'attached') worker.channel.deliver({ cmd: CMD, type: 'listening', key, plain: true })
    return send?.(message, handle, options, done) ?? true
  }
  const fork = (): FakeChild => {
    setImmediate(() => { for (const key of ['a', 'b']) worker.channel.deliver({ cmd: CMD, type: 'attach', key }) })
    return worker
  }
  const primary = new Primary({ options: readOptions({ workers: 1, grace: 1_500, lane: 'ipc' }), log: createLog().log, fork, emit () {}, onCrashLoop () {}, clock })
  const target = readListenTarget({ port: 0, host: '127.0.0.1' })
  const [{ names: [name] }] = await Promise.all(['a', 'b'].map(async key => await primary.listen(key, target))) as [{ names: SocketName[] }, unknown]
  const { port, address } = name as SocketName
  t.teardown(async () => {
    const stopped = primary.stop()
    worker.exit({ code: 0, signal: null })
    await stopped
  })

  // The worker acks nothing: the first connection stays un-acked, the second pending.
  const clients = [net.connect(port, address), net.connect(port, address)]
  t.teardown(() => { for (const client of clients) client.destroy() })
  await Promise.all(clients.map(async client => { await once(client, 'connect') }))
  while (primary.overview.stats().pending === 0) await new Promise(setImmediate)

  const closed = primary.close('a')
  while (!clock.waiting.includes(1_500)) await new Promise(setImmediate)
  clock.advance(1_500)
  await new Promise(setImmediate)
  worker.channel.deliver({ cmd: CMD, type: 'ack', number: 1, accepted: true, leaving: false })
  const ended = Promise.all(clients.map(async client => { await once(client.resume(), 'close') }))
  worker.channel.deliver({ cmd: CMD, type: 'closed', key: 'a' })
  await closed
  await ended
  t.equal(primary.overview.stats().listeners.length, 1, 'the other key goes on')
})

t.test('a stopped primary leaves no timer', async t => {
  const clock = new FakeClock()
  const worker = new FakeChild(1)
  const fork = (): FakeChild => {
    setImmediate(() => { worker.channel.deliver({ cmd: CMD, type: 'listening', key: 'a', plain: true }) })
    return worker
  }
  const primary = new Primary({ options: readOptions({ workers: 1, lane: 'ipc' }), log: createLog().log, fork, emit () {}, onCrashLoop () {}, clock })
  await primary.listen('a', readListenTarget({ port: 0, host: '127.0.0.1' }))
  t.ok(clock.waiting.includes(43_200_000), 'the timer of the session ticket keys')
  const stopped = primary.stop()
  worker.exit({ code: 0, signal: null })
  await stopped
  t.same(clock.waiting, [])
})

for (const [what, inspectedSlot, url, killed] of [
  ['a worker that reports an inspector unexpectedly is killed', undefined, 'ws://127.0.0.1:9229/1', 'lane-error'],
  ["a worker that waits for its inspector's port has its bootTimeout", 0, undefined, 'boot-timeout'],
  ['a worker with an open inspector may take any time', 0, 'ws://127.0.0.1:9229/1', undefined]
] as const) {
  t.test(`inspected worker: ${what}`, async t => {
    const clock = new FakeClock()
    const worker = new FakeChild(0)
    const { log, lines } = createLog()
    const primary = new Primary({ options: readOptions({ workers: 1, lane: 'ipc', bootTimeout: 1_000 }), log, fork: () => worker, inspectedSlot, emit () {}, onCrashLoop () {}, clock })
    const listening = primary.listen('a', readListenTarget({ port: 0, host: '127.0.0.1' }))
    listening.catch(() => {})
    while (!primary.started) await new Promise(setImmediate)
    for (let i = 0; i < 2; i++) worker.channel.deliver({ cmd: CMD, type: 'inspecting', ...(url !== undefined && { url }) })
    clock.advance(1_000_000)
    t.same(lines.map(({ event }) => event).filter(event => event === 'lane-error' || event === 'boot-timeout'), killed === undefined ? [] : [killed])
    t.same(worker.signals, killed === undefined ? [] : ['SIGKILL'])
    worker.exit({ code: null, signal: 'SIGKILL' })
    await primary.stop()
  })
}
