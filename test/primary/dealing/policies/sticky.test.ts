import t from 'tap'
import type { Handoff } from '../../../../lib/primary/dealing/handoff.js'
import { hashOf, Sticky } from '../../../../lib/primary/dealing/policies/sticky.js'
import { FakeClock, FakeConnection, FakeWorker } from '../../../fakes.js'
import { createHandoff, settle } from '../../../handoffs.js'

const WAIT = 1_000

function create (count: number, frameSize = 64): { handoff: Handoff, workers: FakeWorker[], clock: FakeClock, homeOf: (client: string) => FakeWorker } {
  const clock = new FakeClock()
  const policy = new Sticky({ wait: WAIT, ipv6Prefix: 64, clock })
  const handoff = createHandoff({ frameSize, clock, policy })
  const workers = Array.from({ length: count }, (_, i) => new FakeWorker(i + 1))
  for (const worker of workers) handoff.add(worker)
  return {
    handoff,
    workers,
    clock,
    /** If no other worker has anything un-acked. */
    homeOf (client) {
      handoff.distribute([new FakeConnection('probe', client)])
      const home = workers.find(worker => handoff.members.includes(worker) && !worker.hasCredit) as FakeWorker
      settle(handoff, home)
      return home
    }
  }
}

const last = ({ dealt }: FakeWorker): string[] | undefined => dealt.at(-1)
const of = (client: string, ...names: string[]): FakeConnection[] => names.map(name => new FakeConnection(name, client))

t.test('a client is the same in both notations of its IPv4 address, and with any address of its IPv6 network', async t => {
  t.equal(hashOf('::ffff:192.0.2.1', 64), hashOf('192.0.2.1', 64))
  t.not(hashOf('192.0.2.2', 64), hashOf('192.0.2.1', 64))
  t.equal(hashOf('2001:db8::1', 64), hashOf('2001:db8:0:0:ffff::2', 64))
  t.not(hashOf('2001:db8::1', 64), hashOf('2001:db8:0:1::1', 64))
  t.equal(hashOf('2001:db8:0:ff00::', 56), hashOf('2001:db8:0:ffff::', 56))
  t.not(hashOf('2001:db8::1', 128), hashOf('2001:db8::2', 128))
  t.equal(hashOf('2001:db8::8', 125), hashOf('2001:db8::f', 125), 'a prefix that ends within a byte')
  t.not(hashOf('2001:db8::8', 125), hashOf('2001:db8::10', 125))
  for (const odd of ['fe80::1%br-lan', 'fe80::1%eth0.100', 'here', '']) t.equal(hashOf(odd, 64), undefined)
})

t.test('the addresses of a network are spread evenly', async t => {
  const { handoff, workers } = create(4)
  for (let i = 0; i < 1_024; i++) {
    handoff.distribute(of(`10.0.${i >> 8}.${i & 255}`, 'c'))
    for (const worker of workers) if (!worker.hasCredit) settle(handoff, worker)
  }
  for (const { dealt } of workers) t.ok(dealt.length > 180 && dealt.length < 340, `${dealt.length} of 256`)
})

t.test('all connections of a client go to one worker, a burst too', async t => {
  const { handoff, workers, homeOf } = create(4)
  const home = homeOf('10.0.0.1')
  handoff.distribute(of('10.0.0.1', '1', '2', '3'))
  t.same(last(home), ['1', '2', '3'])
  t.equal(workers.filter(({ hasCredit }) => hasCredit).length, 3)
})

t.test('a connection whose worker is busy waits for it, and delays no others', async t => {
  const { handoff, workers, homeOf } = create(4)
  const clients = Array.from({ length: 40 }, (_, i) => `10.0.0.${i}`)
  const home = homeOf('10.0.0.0')
  const other = clients.find(client => homeOf(client) !== home) as string
  handoff.distribute(of('10.0.0.0', '1'))
  handoff.distribute(of('10.0.0.0', '2', '3'))
  t.equal(handoff.pending, 2)
  handoff.distribute(of(other, 'x'))
  t.ok(workers.some(worker => worker !== home && last(worker)?.[0] === 'x'))
  settle(handoff, home)
  t.same(last(home), ['2', '3'], 'in their order')
  t.equal(handoff.pending, 0)
})

t.test('a connection that has waited for stickyWait goes to another worker, always the same for a client, and not before', async t => {
  const { handoff, workers, clock, homeOf } = create(4)
  const home = homeOf('10.0.0.1')
  handoff.distribute(of('10.0.0.1', '1'))
  clock.advance(400)
  handoff.distribute(of('10.0.0.1', '2'))
  clock.advance(WAIT - 1)
  t.equal(handoff.pending, 1)
  clock.advance(1)
  t.equal(handoff.pending, 0)
  const [second] = workers.filter(worker => last(worker)?.[0] === '2') as [FakeWorker]
  t.not(second, home)
  settle(handoff, second)
  handoff.distribute(of('10.0.0.1', '3'))
  clock.advance(WAIT)
  t.same(last(second), ['3'])
  t.same(clock.waiting, [])
})

t.test('a connection that its worker refuses goes to another at once', async t => {
  const { handoff, workers, homeOf } = create(3)
  const home = homeOf('10.0.0.1')
  handoff.distribute(of('10.0.0.1', '1'))
  settle(handoff, home, [0])
  t.ok(workers.some(worker => worker !== home && last(worker)?.[0] === '1'))
})

t.test("a connection that waits for a worker that leaves goes to its client's new home", async t => {
  const { handoff, workers, homeOf } = create(3)
  const home = homeOf('10.0.0.1')
  handoff.distribute(of('10.0.0.1', '1'))
  handoff.distribute(of('10.0.0.1', '2'))
  handoff.remove(home)
  const [heir] = workers.filter(worker => last(worker)?.[0] === '2') as [FakeWorker]
  t.not(heir, home)
  settle(handoff, heir)
  t.equal(homeOf('10.0.0.1'), heir)
})

t.test('without credit anywhere, connections are pending, and go to their homes as soon as possible', async t => {
  const { handoff, workers, homeOf } = create(2, 1)
  const clients = Array.from({ length: 40 }, (_, i) => `10.0.0.${i}`)
  const [a, b] = workers as [FakeWorker, FakeWorker]
  const [ofA, ofB] = [a, b].map(worker => clients.find(client => homeOf(client) === worker) as string) as [string, string]
  handoff.distribute([...of(ofA, '1'), ...of(ofB, '2'), ...of(ofA, '3'), ...of(ofB, '4')])
  t.equal(handoff.pending, 2)
  settle(handoff, b)
  t.same([last(a), last(b)], [['1'], ['4']])
  settle(handoff, a)
  t.same(last(a), ['3'])
})

t.test('a Unix socket has no address: its connections are dealt in turn', async t => {
  const { handoff, workers } = create(2)
  handoff.distribute([1, 2].map(name => Object.assign(new FakeConnection(String(name)), { client: undefined })))
  t.same(workers.map(({ dealt }) => dealt.flat().length), [1, 1])
})

t.test('a client with an unknown kind of address is dealt in turn', async t => {
  const { handoff, workers } = create(2)
  handoff.distribute(of('fe80::1%br-lan', '1', '2'))
  t.same(workers.map(({ dealt }) => dealt.flat().length), [1, 1])
})

t.test('an overdue connection without any credit waits for an ack, not for a timer', async t => {
  const { handoff, workers, clock } = create(1)
  handoff.distribute(of('10.0.0.1', '1'))
  handoff.add(new FakeWorker(7))
  const all = [...workers, handoff.members.find(({ id }) => id === 7) as FakeWorker]
  handoff.distribute([...of('10.0.0.1', '2'), ...Array.from({ length: 40 }, (_, i) => new FakeConnection(`x${i}`, `10.0.1.${i}`))])
  t.ok(all.every(({ hasCredit }) => !hasCredit))
  clock.advance(WAIT)
  t.same(clock.waiting, [])
})

t.test('a connection that waited for a worker that left goes before later ones, in the time that it has left', async t => {
  const { handoff, clock, homeOf, workers } = create(3)
  const clients = Array.from({ length: 40 }, (_, i) => `10.0.0.${i}`)
  const homes = new Map(clients.map(client => [client, homeOf(client)]))
  const [gone, other] = workers as [FakeWorker, FakeWorker]
  const mine = clients.filter(client => homes.get(client) === gone)
  const others = clients.find(client => homes.get(client) === other) as string
  handoff.distribute([...of(mine[0] as string, 'a'), ...of(others, 'b')])
  for (const client of mine) handoff.distribute(of(client, `old-${client}`))
  clock.advance(500)
  handoff.distribute(of(others, 'young'))
  handoff.remove(gone)
  settle(handoff, other)
  t.equal(last(other)?.at(-1), 'young')
  t.ok((last(other) as string[]).length > 1, 'some have their home on this worker now')
})

t.test('waiting connections are dropped at the end', async t => {
  const { handoff, clock } = create(1)
  const [first, second] = of('10.0.0.1', '1', '2') as [FakeConnection, FakeConnection]
  handoff.distribute([first])
  handoff.distribute([second])
  handoff.close()
  t.same([first.closed, second.closed, handoff.pending], [0, 1, 0], 'the first one is with the worker, or will be reclaimed')
  t.same(clock.waiting, [])
})
