import t from 'tap'
import { inspect } from 'node:util'
import { Custom } from '../../../../lib/primary/dealing/policies/custom.js'
import type { PolicyFunction, WorkerView } from '../../../../types/index.js'
import { connections, createLog, FakeClock, FakeConnection, FakeWorker } from '../../../fakes.js'
import { createHandoff, settle } from '../../../handoffs.js'

function create (count: number, policy: PolicyFunction, frameSize = 1) {
  const { log, lines } = createLog()
  const clock = new FakeClock()
  const handoff = createHandoff({ frameSize, clock, policy: new Custom(policy, log) })
  const workers = Array.from({ length: count }, (_, i) => new FakeWorker(i + 1)) as [FakeWorker, FakeWorker, FakeWorker]
  for (const worker of workers) handoff.add(worker)
  return { handoff, workers, lines, clock }
}

t.test("the function gets the workers that can take the connection, and the client's address", async t => {
  const asked: Array<[number[], string | undefined]> = []
  const { handoff, workers: [a, b] } = create(2, (workers, { remoteAddress }) => {
    asked.push([workers.map(({ id }) => id), remoteAddress])
    return workers.at(-1) as WorkerView
  })
  handoff.distribute([new FakeConnection('1', '10.0.0.1')])
  handoff.distribute([new FakeConnection('2', '10.0.0.2')])
  t.same(asked, [[[1, 2], '10.0.0.1'], [[1], '10.0.0.2']])
  t.same([a.dealt, b.dealt], [[['2']], [['1']]])
})

t.test('its view of a worker is live and read-only', async t => {
  const views = new Set<WorkerView>()
  const { handoff, workers: [a] } = create(1, workers => {
    views.add(workers[0] as WorkerView)
    return workers[0] as WorkerView
  }, 4)
  Object.assign(a, { utilization: 0.5 })
  a.report(3, 0)
  handoff.distribute(connections('1 2'))
  const [view] = [...views] as [WorkerView]
  t.same({ ...view }, { id: 1, open: 3, unacked: 2, utilization: 0.5, generation: 0 })
  settle(handoff, a)
  t.same([view.open, view.unacked], [5, 0], 'connections that it acked count as open')
  t.throws(() => { (view as { id: number }).id = 7 }, TypeError)
  handoff.distribute(connections('3'))
  t.equal(views.size, 1)
})

t.test('a connection for which it returns null stays pending, delays no others, and is asked about again', async t => {
  const wanted = new Map([['10.0.0.1', 1], ['10.0.0.2', 2]])
  const { handoff, workers: [a, b] } = create(2, (workers, { remoteAddress }) => workers.find(({ id }) => id === wanted.get(remoteAddress as string)) ?? null)
  const of = (client: string, name: string): FakeConnection => new FakeConnection(name, client)
  handoff.distribute([of('10.0.0.1', '1'), of('10.0.0.1', '2'), of('10.0.0.1', '3'), of('10.0.0.2', '4')])
  t.same([a.dealt, b.dealt, handoff.pending], [[['1']], [['4']], 2])
  settle(handoff, b)
  t.equal(handoff.pending, 2)
  settle(handoff, a)
  settle(handoff, a)
  t.same([a.dealt, handoff.pending], [[['1'], ['2'], ['3']], 0], 'in their order')
})

for (const [what, policy] of Object.entries<PolicyFunction>({
  throws: () => { throw new Error('a policy that throws') },
  'returns nothing': () => undefined as unknown as null,
  'returns a number': () => 1 as unknown as null,
  'returns a worker that it made up': ([worker]) => ({ ...worker }) as WorkerView,
  'returns something that cannot be inspected': () => ({ [inspect.custom] () { throw new Error('not to be looked at') } }) as unknown as null,
  'returns a promise': (async () => { throw new Error('an async policy') }) as unknown as PolicyFunction
})) {
  t.test(`a policy that ${what} is logged once, and round robin is used`, async t => {
    const { handoff, workers, lines } = create(3, policy)
    handoff.distribute(connections('1 2 3'))
    t.same(workers.map(({ dealt }) => dealt), [[['1']], [['2']], [['3']]])
    t.match(lines.filter(({ level }) => level >= 50), [{ event: 'policy-error', err: { message: /./ } }])
    t.equal(lines.length, 1)
  })
}

t.test('returning a worker that is not a candidate is an error: it has no credit, or has refused', async t => {
  let first: WorkerView | undefined
  const { handoff, workers: [a, b], lines } = create(2, workers => (first ??= workers[0] as WorkerView))
  handoff.distribute(connections('1 2'))
  t.same([a.dealt, b.dealt], [[['1']], [['2']]])
  t.equal(lines.length, 1)
  settle(handoff, b)
  settle(handoff, a, [0])
  t.same(b.dealt, [['2'], ['1']])
})

t.test('the function also decides in a burst', async t => {
  const { handoff, workers } = create(3, ([first]) => first as WorkerView, 64)
  handoff.distribute(connections('1 2 3 4 5 6'))
  t.same(workers.map(({ dealt }) => dealt.flat().length), [6, 0, 0])
})

t.test('the function is asked again about kept connections after 100 ms, if nothing else happens', async t => {
  let ready = false
  const { handoff, workers: [a], clock } = create(1, ([worker]) => ready ? worker as WorkerView : null)
  handoff.distribute(connections('1'))
  clock.advance(1_000)
  ready = true
  clock.advance(99)
  t.same(a.dealt, [])
  clock.advance(1)
  t.same([a.dealt, clock.waiting], [[['1']], []])
})

t.test('however many connections it keeps, the others wait for at most 64 calls', async t => {
  let asked = 0
  const { handoff } = create(1, () => {
    asked++
    return null
  })
  handoff.distribute(connections(Array.from({ length: 500 }, (_, i) => i).join(' ')))
  asked = 0
  handoff.distribute(connections('500'))
  t.equal(asked, 65)
})

t.test('kept connections are dropped at the end, and asked about again when their worker leaves', async t => {
  let answer: 'none' | 'any' = 'none'
  const { handoff, workers: [a, b], clock } = create(2, workers => answer === 'none' ? null : workers[0] as WorkerView)
  const all = connections('1 2 3') as [FakeConnection, FakeConnection, FakeConnection]
  handoff.distribute(all)
  t.equal(handoff.pending, 3)
  answer = 'any'
  handoff.remove(a)
  handoff.deal()
  t.same([a.dealt, b.dealt], [[], [['1']]])
  handoff.close()
  t.same(all.map(({ closed }) => closed), [0, 1, 1])
  t.same(clock.waiting, [])
})
