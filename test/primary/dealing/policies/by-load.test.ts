import t from 'tap'
import { leastConnections, ByLoad, roundRobin } from '../../../../lib/primary/dealing/policies/by-load.js'
import type { Handoff } from '../../../../lib/primary/dealing/handoff.js'
import { connections, FakeClock, FakeWorker } from '../../../fakes.js'
import { createHandoff, settle } from '../../../handoffs.js'

const view = { id: 1, open: 3, unacked: 2, utilization: 0, generation: 0 }

t.test('round robin gives all the same load; least connections counts open and un-acked ones', async t => {
  t.equal(roundRobin(view, 3), 3, 'connections that are being dealt count')
  t.equal(leastConnections(view, 2), 5)
})

function create (count: number, frameSize = 64): { handoff: Handoff, workers: FakeWorker[] } {
  const handoff = createHandoff({ frameSize, looks: 8, clock: new FakeClock(), policy: new ByLoad(leastConnections) })
  const workers = Array.from({ length: count }, (_, i) => new FakeWorker(i + 1))
  for (const worker of workers) handoff.add(worker)
  return { handoff, workers }
}

t.test('least connections: the worker that reports the fewest is next, in turn among equals', async t => {
  const { handoff, workers } = create(3, 1)
  const [a, b, c] = workers as [FakeWorker, FakeWorker, FakeWorker]
  a.report(2, 0)
  const order: number[] = []
  for (const connection of connections('1 2 3 4 5 6')) {
    handoff.distribute([connection])
    const chosen = workers.find(({ hasCredit }) => !hasCredit) as FakeWorker
    order.push(chosen.id)
    settle(handoff, chosen)
  }
  t.same(order, [2, 3, 2, 3, 1, 2], 'acked connections count as open, reported or not')
  c.report(0, c.stats().accepted)
  handoff.distribute(connections('7'))
  t.same(c.dealt.at(-1), ['7'])
  t.same([a.open, b.open], [3, 3])
})

t.test('least connections: a busy worker is not waited for, and not flooded', async t => {
  const { handoff, workers } = create(2, 64)
  const [a, b] = workers as [FakeWorker, FakeWorker]
  b.report(20, 0)
  handoff.distribute(connections('1'))
  handoff.distribute(connections('2'))
  t.same([a.dealt, b.dealt], [[['1']], [['2']]], 'b has twenty, and credit')
  handoff.distribute(connections('3 4 5 6'))
  settle(handoff, b)
  t.same([b.dealt.at(-1), handoff.pending], [['3'], 3], 'the others are for a, which is merely busy')
  settle(handoff, a)
  t.same([a.dealt.at(-1), handoff.pending], [['4', '5', '6'], 0])
})

t.test('least connections: the number in the row counts at once', async t => {
  const { handoff, workers } = create(2, 1)
  const [a, b] = workers as [FakeWorker, FakeWorker]
  const next = (): number => {
    handoff.distribute(connections('next'))
    const chosen = workers.find(({ hasCredit }) => !hasCredit) as FakeWorker
    settle(handoff, chosen)
    return chosen.id
  }
  Object.assign(a.wire, { shown: 4 })
  Object.assign(b.wire, { shown: 9 })
  a.report(0, 0) // signals that something has changed
  t.same([next(), next(), next()].slice(1), [1, 1], 'the row counts, not the report')
  Object.assign(b.wire, { shown: 0 })
  t.same([next(), next(), next()].slice(1), [2, 2], 'an unannounced change is noticed one choice later')
})

t.test('least connections: a burst evens the counts out', async t => {
  const { handoff, workers } = create(4)
  const open = [5, 0, 9, 2]
  workers.forEach((worker, i) => { worker.report(open[i] as number, 0) })
  handoff.distribute(connections(Array.from({ length: 24 }, (_, i) => i).join(' ')))
  t.same(workers.map(({ open, unacked }) => open + unacked), [10, 10, 10, 10])
})
