import t from 'tap'
import type { OverloadParts } from '../../../lib/primary/ports/overload.js'
import { Sticky } from '../../../lib/primary/dealing/policies/sticky.js'
import { connections, createLog, FakeClock, FakeConnection, FakeWorker } from '../../fakes.js'
import { createHandoff, settle } from '../../handoffs.js'

/** At most one worker, which takes one connection at a time, and a limit of pending connections. */
function create (given: Partial<OverloadParts>, { workers = 1, sticky = false } = {}) {
  const clock = new FakeClock()
  const { log, lines } = createLog()
  const answered: string[] = []
  const told: object[] = []
  const handoff = createHandoff({
    frameSize: 1,
    clock,
    ...(sticky && { policy: new Sticky({ wait: 60_000, ipv6Prefix: 64, clock }) }),
    overloadParts: {
      maxPending: 2,
      answer: connection => { answered.push(String(connection)) },
      emit: (event, ...payload) => { told.push({ event, ...payload[0] }) },
      log,
      ...given
    }
  })
  const all = Array.from({ length: workers }, (_, i) => new FakeWorker(i + 1))
  for (const worker of all) handoff.add(worker)
  const worker = all[0] as FakeWorker
  return { handoff, clock, lines, answered, told, worker, ack: () => { settle(handoff, worker) } }
}

t.test('shed: the newest beyond maxPending are answered, and those that were pending stay', async t => {
  const { handoff, answered, worker, ack } = create({ sheds: true })
  handoff.distribute(connections('1 2 3 4 5'))
  t.same([worker.dealt, answered, handoff.pending, handoff.shed], [[['1']], ['5', '4'], 2, 2])
  handoff.distribute(connections('6'))
  t.same(answered, ['5', '4', '6'])
  ack()
  ack()
  t.same(worker.dealt, [['1'], ['2'], ['3']])
})

t.test('wait: if the kernel can hold them nothing is shed; if it cannot, the newest are reset once no worker takes any', async t => {
  const can = create({ canWait: true })
  can.handoff.distribute(connections('1 2 3 4 5'))
  t.same([can.handoff.pending, can.handoff.shed], [4, 0])
  const cannot = create({ canWait: false })
  const all = connections('1 2 3 4 5') as FakeConnection[]
  cannot.handoff.distribute(all)
  t.same([cannot.handoff.pending, cannot.handoff.shed], [4, 0])
  cannot.clock.advance(1_000)
  t.same([cannot.handoff.pending, cannot.handoff.shed], [2, 2])
  t.same(all.map(({ resets }) => resets), [0, 0, 0, 1, 1])
  t.same(cannot.answered, [])
})

for (const sheds of [false, true]) {
  const { handoff, clock, ack } = create({ canWait: false, sheds })
  t.test(`${sheds ? 'shed' : 'wait'}: with a lane that cannot pause, a burst may be pending while workers take connections`, async t => {
    handoff.distribute(connections('1 2 3 4 5 6 7'))
    for (const left of [5, 4, 3, 2, 1]) {
      clock.advance(900)
      ack()
      t.same([handoff.pending, handoff.shed], [left, 0])
    }
    handoff.close()
    t.same(clock.waiting, [])
  })
}

t.test('a burst ends when no worker has taken a connection for a second', async t => {
  const { handoff, clock, ack } = create({ canWait: false })
  handoff.distribute(connections('1 2 3 4 5 6'))
  clock.advance(500)
  ack()
  clock.advance(500)
  t.same([handoff.pending, handoff.shed], [4, 0])
  clock.advance(1_000)
  t.same([handoff.pending, handoff.shed], [2, 2])
  handoff.distribute(connections('7'))
  t.same([handoff.pending, handoff.shed], [2, 3], 'from then on the excess is shed at once')
  ack()
  ack()
  handoff.distribute(connections('8 9 10'))
  t.same([handoff.pending, handoff.shed], [3, 3], 'until half of what may be pending is gone')
})

t.test('a burst ends after pendingTimeout, or after ten seconds without one', async t => {
  for (const [timeout, longest] of [[5_000, 5], [0, 10]] as const) {
    const { handoff, clock, ack } = create({ canWait: false, timeout, served: () => false })
    handoff.distribute(connections(Array.from({ length: 20 }, (_, i) => i + 1).join(' ')))
    for (let seconds = 0; seconds < longest; seconds++) {
      t.equal(handoff.shed, 0)
      ack()
      clock.advance(1_000)
    }
    t.equal(handoff.pending, 2)
  }
})

t.test('a burst uses at most half of the descriptors', async t => {
  const { handoff } = create({ canWait: false, descriptors: 8 })
  handoff.distribute(connections('1 2 3 4 5 6 7 8 9 10'))
  t.same([handoff.pending, handoff.shed], [2 + 4, 3])
})

t.test('bursts of all listeners together use at most half of the descriptors', async t => {
  const { handoff } = create({ canWait: false, descriptors: 8, pendingElsewhere: () => 3 })
  handoff.distribute(connections('1 2 3 4 5 6 7 8 9 10'))
  t.same([handoff.pending, handoff.shed], [2 + 1, 6])
  const full = create({ canWait: false, descriptors: 8, pendingElsewhere: () => 6 })
  full.handoff.distribute(connections('1 2 3 4 5 6 7 8 9 10'))
  t.same([full.handoff.pending, full.handoff.shed], [2, 7])
})

t.test('the newest are shed wherever they wait, also for the worker of their client', async t => {
  const { handoff, answered, clock } = create({ sheds: true }, { workers: 2, sticky: true })
  for (const name of ['1', '2', '3', '4', '5']) {
    handoff.distribute([new FakeConnection(name, '10.0.0.1')])
    clock.advance(1)
  }
  t.same(answered, ['4', '5'])
  t.equal(handoff.pending, 2)
})

t.test('of connections that arrive together, only the excess is shed: those that cannot be dealt', async t => {
  const { handoff, answered, told } = create({ sheds: true }, { workers: 2, sticky: true })
  const of = (client: string, names: string[]): FakeConnection[] => names.map(name => new FakeConnection(name, client))
  handoff.distribute(of('10.0.0.1', ['1']))
  const busy = handoff.members.find(({ hasCredit }) => !hasCredit)
  const others = Array.from({ length: 40 }, (_, i) => `10.0.1.${i}`)
  handoff.distribute([...of('10.0.0.1', ['2', '3', '4', '5']), ...others.flatMap(client => of(client, [client]))])
  t.equal(handoff.pending, 2)
  t.equal(handoff.shed, answered.length)
  t.equal(answered.length + 2 + handoff.members.filter(({ hasCredit }) => !hasCredit).length, 45, 'each is pending, with a worker, or shed')
  t.notOk(busy?.hasCredit)
  t.match(told, [{ pending: 2 }], 'shed connections are not counted')
})

t.test('before any worker has served, clients wait for as long as the start takes', async t => {
  let served = false
  const { handoff, answered, clock } = create({ timeout: 1_000, served: () => served })
  handoff.distribute(connections('1 2'))
  clock.advance(60_000)
  t.same(answered, [])
  served = true
  clock.advance(100)
  t.same(answered, ['2'])
})

t.test('an overload that ends by the timeout logs how many were shed', async t => {
  const { handoff, clock, lines } = create({ timeout: 1_000 })
  handoff.distribute(connections('1 2 3'))
  clock.advance(1_000)
  t.match(lines.filter(({ event }) => event === 'overload-end'), [{ pending: 0, shed: 2 }])
})

t.test('a connection that has been pending for too long is shed, at most a tenth of the time later, and the rest stays', async t => {
  const { handoff, answered, clock, lines } = create({ timeout: 1_000 })
  handoff.distribute(connections('1 2'))
  clock.advance(600)
  handoff.distribute(connections('3'))
  clock.advance(399)
  t.same(answered, [])
  clock.advance(101)
  t.same([answered, handoff.pending, handoff.shed], [['2'], 1, 1])
  clock.advance(600)
  t.same([answered, handoff.pending, handoff.shed], [['2', '3'], 0, 2])
  clock.advance(10_000)
  t.same(clock.waiting, [], 'nothing is pending, and there is no timer')
  t.equal(lines.filter(({ event }) => event === 'pending-timeout').length, 2, 'a line each: in between nothing was shed')
})

t.test('with a timeout of 0, connections wait for any time', async t => {
  const { handoff, clock } = create({ timeout: 0 })
  handoff.distribute(connections('1 2'))
  t.same(clock.waiting, [])
})

t.test('an overload is logged when it begins and when half of maxPending is gone, with one event', async t => {
  const { handoff, lines, told, ack, clock } = create({ maxPending: 4, sheds: true })
  handoff.distribute(connections('1 2 3 4'))
  t.same(told, [])
  handoff.distribute(connections('5'))
  handoff.distribute(connections('6 7'))
  clock.advance(300)
  ack()
  t.same(told, [{ event: 'overloaded', key: 'key', pending: 4 }])
  t.equal(lines.length, 1)
  ack()
  t.match(lines, [
    { level: 40, event: 'overloaded', key: 'key', pending: 4, maxPending: 4 },
    { level: 30, event: 'overload-end', key: 'key', pending: 2, duration: 300, shed: 2 }
  ])
  handoff.distribute(connections('8 9'))
  t.equal(told.length, 2, 'and the next one is another')
})

t.test('no timer is left when everything is over', async t => {
  const { handoff, clock } = create({ timeout: 1_000 })
  const all = connections('1 2') as FakeConnection[]
  handoff.distribute(all)
  handoff.close()
  t.same([all.map(({ closed }) => closed), clock.waiting], [[0, 1], []])
})

t.test('during an outage every client gets the reason: those that wait, and new ones', async t => {
  for (const canWait of [true, false]) {
    const explained: string[] = []
    const { handoff, answered, worker, ack } = create({ canWait, explain: (connection, outage) => { explained.push(`${String(connection)} ${outage.toString()}`) } })
    handoff.distribute(connections('1 2 3'))
    handoff.refuse(Buffer.from('why'))
    t.same(explained.sort(), ['2 why', '3 why'])
    handoff.remove(worker)
    handoff.distribute(connections('4'))
    t.same([explained.at(-1), handoff.pending, handoff.shed], ['4 why', 0, 3])
    handoff.refuse(undefined)
    handoff.distribute(connections('5'))
    t.equal(handoff.pending, 1)
    ack()
    handoff.add(worker)
    t.same([worker.dealt, answered], [[['1'], ['5']], []])
  }
})
