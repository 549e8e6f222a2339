import t from 'tap'
import { readListenTarget } from '../../../lib/fastify/listen-target.js'
import type { Bound } from '../../../lib/primary/ports/listener.js'
import type { Port } from '../../../lib/primary/ports/port.js'
import { Ports } from '../../../lib/primary/ports/ports.js'
import { createLog, FakeClock, FakeHandle, FakeWorker } from '../../fakes.js'
import type { Line } from '../../helper.js'

const target = readListenTarget({ port: 0 })

/** Ports whose binding completes when the test says so. */
function create (): { ports: Ports, handle: FakeHandle, bind: PromiseWithResolvers<Bound[]>, created: string[], clock: FakeClock, lines: Line[] } {
  const handle = new FakeHandle()
  const clock = new FakeClock()
  const { log, lines } = createLog()
  const created: string[] = []
  const bind = withResolvers<Bound[]>()
  const ports = new Ports({
    bind: async () => await bind.promise,
    create (key: string, bound: Bound[]) {
      created.push(key)
      return { key, names: bound.map(({ name }) => name), closed: false } as unknown as Port
    },
    ticketKeys: () => ['new', 'former'],
    logLevel: () => 'debug',
    measured: () => true,
    clock,
    log
  })
  return { ports, handle, bind, created, clock, lines }
}

function told ({ child }: FakeWorker): unknown[] {
  return child.channel.sent.map(({ message: { cmd, ...message } }) => message)
}

t.test('a worker that asks for a key is answered when it is bound, and at once from then on', async t => {
  const { ports, handle, bind, created } = create()
  const [early, late] = [new FakeWorker(1), new FakeWorker(2)]
  const adding = ports.add('a', target)
  ports.attach(early, 'a')
  t.same(told(early), [])
  bind.resolve([{ handle, name: 'here', asked: 'here', backlog: 511 }])
  t.equal(await adding, ports.of('a'))
  ports.attach(late, 'a')
  for (const worker of [early, late]) t.same(told(worker), [{ type: 'attached', key: 'a', names: ['here'], ticketKeys: ['new', 'former'], logLevel: 'debug', measured: true }])
  t.same(created, ['a'])
})

t.test('a worker that asks for a key that cannot be bound gets the reason', async t => {
  const { ports, bind } = create()
  const [early, late] = [new FakeWorker(1), new FakeWorker(2)]
  ports.attach(early, 'a')
  bind.reject(Object.assign(new Error('taken'), { code: 'EADDRINUSE' }))
  await t.rejects(ports.add('a', target), { code: 'EADDRINUSE' })
  ports.attach(late, 'a')
  for (const worker of [early, late]) t.match(told(worker), [{ type: 'attach-failed', key: 'a', error: { code: 'EADDRINUSE' } }])
  t.same(ports.all, [])
})

for (const [what, giveUp] of Object.entries({
  'a key that is closed': (ports: Ports) => { ports.fail('a', new Error('closed')) },
  'every key when everything ends': (ports: Ports) => { ports.end() }
})) {
  t.test(`${what} while it is binding is abandoned`, async t => {
    const { ports, handle, bind, created } = create()
    const adding = ports.add('a', target)
    giveUp(ports)
    bind.resolve([{ handle, name: 'here', asked: 'here', backlog: 511 }])
    await t.rejects(adding, { code: 'SHARED_PORT_ERR_CLOSED' })
    t.equal(handle.closed, 1)
    t.same(created, [])
  })
}

t.test('a dead worker is not answered', async t => {
  const { ports, handle, bind } = create()
  const dead = new FakeWorker(1)
  ports.attach(dead, 'a')
  ports.forget(dead)
  bind.resolve([{ handle, name: 'here', asked: 'here', backlog: 511 }])
  await ports.add('a', target)
  t.same(told(dead), [])
})

t.test('if a worker waits for a key that the primary does not bind, a warning is logged with the existing keys', async t => {
  const { ports, handle, bind, clock, lines } = create()
  bind.resolve([{ handle, name: 'here', asked: 'here', backlog: 511 }])
  await ports.add('127.0.0.1:3000', target)
  ports.attach(new FakeWorker(1), '127.0.0.1:3001')
  ports.attach(new FakeWorker(2), '127.0.0.1:3001')
  clock.advance(5_000)
  t.match(lines, [{ event: 'unknown-key', key: '127.0.0.1:3001', keys: ['127.0.0.1:3000'], workerIds: [1, 2] }])
  t.equal(lines.length, 1)
})

t.test('the number of keys that workers wait for is limited, and those of dead workers are forgotten', async t => {
  const { ports, clock } = create()
  const [one, other] = [new FakeWorker(1), new FakeWorker(2)]
  for (let i = 0; i < 1_024; i++) ports.attach(one, `made-up:${i}`)
  ports.attach(other, 'made-up:0')
  t.same(told(other), [], 'a key that is waited for already does not count again')
  ports.attach(other, 'another')
  t.match(told(other), [{ type: 'attach-failed', key: 'another', error: { code: 'SHARED_PORT_ERR_TOO_MANY_KEYS' } }])
  ports.forget(one)
  t.equal(clock.waiting.length, 1)
  ports.forget(other)
  t.same(clock.waiting, [])
})

/** Promise.withResolvers(), which Node has since 22. */
function withResolvers<T> (): PromiseWithResolvers<T> {
  let resolvers: Omit<PromiseWithResolvers<T>, 'promise'> | undefined
  const promise = new Promise<T>((resolve, reject) => { resolvers = { resolve, reject } })
  promise.catch(() => {}) // the test that awaits it gets the rejection
  return { promise, ...resolvers as Omit<PromiseWithResolvers<T>, 'promise'> }
}

interface PromiseWithResolvers<T> {
  promise: Promise<T>
  resolve: (value: T) => void
  reject: (err: Error) => void
}
