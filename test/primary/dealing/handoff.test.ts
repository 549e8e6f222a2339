import t from 'tap'
import type { Handoff } from '../../../lib/primary/dealing/handoff.js'
import type { OpenFrame, WorkerHandle } from '../../../lib/primary/workers/worker-handle.js'
import { connections, createRandom, FakeClock, FakeConnection, FakeWorker } from '../../fakes.js'
import { createHandoff, settle } from '../../handoffs.js'

const names = (count: number): string => Array.from({ length: count }, (_, i) => i + 1).join(' ')

/** The tests name as many workers as they ask for. */
type Workers = [FakeWorker, FakeWorker, FakeWorker, ...FakeWorker[]]

function create (frameSize: number, workers: number): { handoff: Handoff, workers: Workers, clock: FakeClock, sent: () => number } {
  const clock = new FakeClock()
  let sent = 0
  const handoff = createHandoff({ frameSize, clock, onSent: () => { sent++ } })
  const all = Array.from({ length: workers }, (_, i) => new FakeWorker(i + 1))
  for (const worker of all) handoff.add(worker)
  return { handoff, workers: all as unknown as Workers, clock, sent: () => sent }
}

/** The worker dies, having taken the connections at these places of its open frame. */
function die (handoff: Handoff, worker: FakeWorker, taken: number[] = []): void {
  worker.wire.taken = taken
  const open = worker.end()
  handoff.remove(worker)
  if (open !== undefined) handoff.reclaim(worker, open.frame, open.untaken)
}

// Dealing.

for (const size of [1, 2, 3, 4, 5, 6, 7]) {
  t.test(`connections that arrive one by one are dealt to ${size} workers in exact turn`, async t => {
    const { handoff, workers } = create(1, size)
    const order: number[] = []
    for (const connection of connections(names(size * 5))) {
      handoff.distribute([connection])
      const worker = workers.find(({ hasCredit }) => !hasCredit) as FakeWorker
      order.push(worker.id)
      settle(handoff, worker)
    }
    t.same(order, Array.from({ length: size * 5 }, (_, i) => i % size + 1))
  })
}

t.test('connections that arrive together are dealt one by one, and sent to each worker in one frame', async t => {
  const { handoff, workers } = create(64, 3)
  handoff.distribute(connections(names(8)))
  t.same(workers.map(({ dealt }) => dealt), [[['1', '4', '7']], [['2', '5', '8']], [['3', '6']]])
  t.equal(handoff.pending, 0)
})

t.test('the turn continues from one frame to the next', async t => {
  const { handoff, workers } = create(64, 3)
  handoff.distribute(connections('1 2'))
  handoff.distribute(connections('3'))
  for (const worker of workers) settle(handoff, worker)
  handoff.distribute(connections('4 5'))
  t.same(workers.map(({ dealt }) => dealt), [[['1'], ['4']], [['2'], ['5']], [['3']]])
})

t.test('a frame holds no more than its size, and the rest is pending', async t => {
  const { handoff, workers: [worker] } = create(64, 1)
  handoff.distribute(connections(names(150)))
  t.equal(worker.wire.last.connections.length, 64)
  t.equal(handoff.pending, 86)
  settle(handoff, worker)
  settle(handoff, worker)
  t.same(worker.dealt.map(({ length }) => length), [64, 64, 22])
  t.same(worker.dealt.flat(), names(150).split(' '))
})

t.test('a frame has its key, and a number that is never reused', async t => {
  const { handoff, workers: [worker] } = create(1, 1)
  handoff.distribute(connections('1 2 3'))
  settle(handoff, worker, [])
  settle(handoff, worker, [])
  t.same(worker.wire.frames.map(({ number, key }) => [number, key]), [[1, 'key'], [2, 'key'], [3, 'key']])
})

t.test('a worker with an un-acked frame gets nothing more until its ack', async t => {
  const { handoff, workers: [a, b] } = create(1, 2)
  handoff.distribute(connections('1 2 3 4'))
  t.same([a.dealt, b.dealt, handoff.pending], [[['1']], [['2']], 2])
  settle(handoff, b)
  t.same([a.dealt, b.dealt, handoff.pending], [[['1']], [['2'], ['3']], 1])
  settle(handoff, b)
  t.same([a.dealt, b.dealt, handoff.pending], [[['1']], [['2'], ['3'], ['4']], 0])
})

t.test('connections that were pending before any worker joined go to the first that joins', async t => {
  const { handoff } = create(1, 0)
  handoff.distribute(connections('1 2'))
  const worker = new FakeWorker(1)
  handoff.add(worker)
  t.same(worker.dealt, [['1']])
  t.same(handoff.members, [worker])
})

t.test('a worker that left gets nothing more, and keeps its un-acked connections', async t => {
  const { handoff, workers: [a, b] } = create(1, 2)
  const [first, ...more] = connections('1 2 3 4') as [FakeConnection, ...FakeConnection[]]
  handoff.distribute([first])
  handoff.remove(a)
  settle(handoff, a)
  t.equal(first.closed, 1)
  for (const connection of more) {
    handoff.distribute([connection])
    settle(handoff, b)
  }
  t.same([a.dealt, b.dealt], [[['1']], [['2'], ['3'], ['4']]])
})

// Acks.

t.test('the primary keeps its copy until the ack, and closes it then', async t => {
  const { handoff, workers: [worker] } = create(64, 1)
  const all = connections('1 2 3')
  handoff.distribute(all)
  t.same(all.map(({ closed }) => closed), [0, 0, 0])
  settle(handoff, worker, [1])
  t.same(all.map(({ closed }) => closed), [1, 0, 1])
})

t.test('a connection that one worker refuses goes to another, and is next', async t => {
  const { handoff, workers: [a, b] } = create(1, 2)
  handoff.distribute(connections('1 2 3 4'))
  settle(handoff, a, [0])
  t.same([a.dealt, b.dealt], [[['1'], ['3']], [['2']]], 'the worker that refused it gets the connection behind it')
  settle(handoff, b)
  t.same([a.dealt, b.dealt], [[['1'], ['3']], [['2'], ['1']]])
})

t.test('the refused connections of a frame go to the head of pending, in order', async t => {
  const { handoff, workers: [a, b] } = create(4, 2)
  handoff.distribute(connections(names(12)))
  t.same([a.dealt, b.dealt], [[['1', '3', '5', '7']], [['2', '4', '6', '8']]])
  settle(handoff, a, [0, 2, 3])
  settle(handoff, b)
  settle(handoff, b)
  t.same(b.dealt.slice(1), [['1', '5'], ['7']])
})

t.test('a connection that no worker with credit may have does not delay those behind it', async t => {
  const { handoff, workers: [a, b] } = create(1, 2)
  handoff.distribute(connections('1 2'))
  settle(handoff, a, [0])
  for (const connection of connections('3 4 5')) {
    handoff.distribute([connection])
    settle(handoff, a)
  }
  t.same([a.dealt, b.dealt, handoff.pending], [[['1'], ['3'], ['4'], ['5']], [['2']], 1])
})

t.test('a worker is offered a connection that it refused again after the pause, not before', async t => {
  const { handoff, workers: [a, b], clock } = create(1, 2)
  const all = connections('1')
  handoff.distribute(all)
  settle(handoff, a, [0])
  settle(handoff, b, [0])
  for (let i = 0; i < 10; i++) handoff.deal()
  clock.advance(99)
  t.same([a.dealt, b.dealt, handoff.pending], [[['1']], [['1']], 1], 'refused by all')
  clock.advance(1)
  t.same(a.dealt, [['1'], ['1']])
  settle(handoff, a)
  t.equal(all[0]?.closed, 1)
  t.same(clock.waiting, [])
})

t.test('a worker that joins is offered at once what all others have refused', async t => {
  const { handoff, workers: [a] } = create(1, 1)
  handoff.distribute(connections('1'))
  settle(handoff, a, [0])
  const b = new FakeWorker(2)
  handoff.add(b)
  t.same(b.dealt, [['1']])
})

t.test('a refusal concerns one connection: the worker is offered the next one', async t => {
  const { handoff, workers: [a] } = create(1, 1)
  handoff.distribute(connections('1'))
  settle(handoff, a, [0])
  handoff.distribute(connections('2'))
  t.same(a.dealt, [['1'], ['2']])
  handoff.close()
})

t.test('connections that all refuse cost one offer for each worker and pause, however many wait', async t => {
  const { handoff, workers: [a, b], clock } = create(1, 2)
  const refuseAll = (): void => {
    for (let worker; (worker = [a, b].find(({ hasCredit }) => !hasCredit)) !== undefined;) settle(handoff, worker, [0])
  }
  handoff.distribute(connections(names(50)))
  refuseAll()
  t.equal(handoff.pending, 50)
  const asked = (): number => a.stats().handedOff + b.stats().handedOff
  const before = asked()
  t.equal(before, 100, 'each was offered each connection')
  for (let pause = 1; pause <= 3; pause++) {
    clock.advance(100)
    refuseAll()
    t.equal(asked(), before + pause * 4, 'two connections, each offered to both')
  }
  t.equal(handoff.pending, 50)
})

t.test('when there is room again, all waiting connections are served, in order and without another pause', async t => {
  const { handoff, workers: [a], clock } = create(4, 1)
  handoff.distribute(connections(names(50)))
  while (!a.hasCredit) settle(handoff, a, [0, 1, 2, 3].slice(0, a.wire.last.connections.length))
  const refused = a.dealt.length
  clock.advance(100)
  while (!a.hasCredit) settle(handoff, a)
  t.same(a.dealt.slice(refused).flat(), names(50).split(' '))
  t.equal(handoff.pending, 0)
})

t.test('a busy worker is offered what the others have refused as soon as it has credit', async t => {
  const { handoff, workers: [a, b] } = create(1, 2)
  handoff.distribute(connections('1 2'))
  settle(handoff, a, [0])
  handoff.distribute(connections('3 4'))
  settle(handoff, a, [0])
  settle(handoff, a, [0])
  t.same([a.dealt.length, handoff.pending], [3, 3])
  settle(handoff, b)
  settle(handoff, b)
  settle(handoff, b)
  t.same(b.dealt, [['2'], ['1'], ['3'], ['4']])
})

// Failures.

t.test('when a worker dies, the connections that it had not taken are next, in order; those that it had taken are lost', async t => {
  const { handoff, workers: [a, b] } = create(4, 2)
  const all = connections(names(10))
  handoff.distribute(all)
  t.same([a.dealt, b.dealt], [[['1', '3', '5', '7']], [['2', '4', '6', '8']]])
  die(handoff, a, [0])
  t.equal(all[0]?.closed, 1)
  t.equal(handoff.pending, 5)
  settle(handoff, b)
  t.same(b.dealt[1], ['3', '5', '7', '9'])
  t.same(all.filter(({ closed }) => closed > 0).map(String), ['1', '2', '4', '6', '8'])
})

t.test('the first worker that dies of a connection takes that one along, and no other', async t => {
  const { handoff, workers: [a, b] } = create(4, 2)
  const all = connections(names(8))
  handoff.distribute(all)
  settle(handoff, b)
  die(handoff, a, [0])
  t.same(b.dealt[1], ['3', '5', '7'])
})

t.test('an untaken connection that returns is not offered to workers that had refused it before', async t => {
  const { handoff, workers: [a, b, c] } = create(1, 3)
  handoff.distribute(connections('1'))
  settle(handoff, a, [0])
  die(handoff, b)
  t.same([a.dealt, b.dealt, c.dealt], [[['1']], [['1']], [['1']]])
})

t.test('a failed send has sent nothing: all connections stay pending, in order, and it does not count as a handoff', async t => {
  const { handoff, workers: [a, b], clock, sent } = create(4, 2)
  a.wire.works = b.wire.works = false
  handoff.distribute(connections(names(6)))
  t.equal(handoff.pending, 6)
  t.equal(a.stats().handedOff, 0)
  t.equal(sent(), 0)
  handoff.remove(b)
  a.wire.works = true
  clock.advance(10)
  settle(handoff, a)
  t.same(a.dealt, [['1', '2', '3', '4'], ['5', '6']])
  t.equal(sent(), 2)
})

t.test('the connections of a failed send stay before those behind them, and behind those before them', async t => {
  const { handoff, workers: [a, b, c], clock } = create(2, 3)
  a.wire.works = c.wire.works = false
  handoff.distribute(connections(names(8)))
  t.same(b.dealt, [['2', '5']])
  handoff.remove(b)
  handoff.remove(c)
  a.wire.works = true
  clock.advance(10)
  settle(handoff, a)
  settle(handoff, a)
  t.same(a.dealt, [['1', '3'], ['4', '6'], ['7', '8']])
})

t.test('a failed send is retried even if nothing else happens, but not at once', async t => {
  const { handoff, workers: [a], clock } = create(1, 1)
  a.wire.works = false
  handoff.distribute(connections('1'))
  clock.advance(50)
  a.wire.works = true
  handoff.deal()
  t.same(a.dealt, [], 'it has no credit before')
  clock.advance(10)
  t.same(a.dealt, [['1']])
  t.same(clock.waiting, [])
})

t.test('connections taken back from a worker are next, in order, and not for this worker', async t => {
  const { handoff, workers: [a, b] } = create(2, 2)
  handoff.distribute(connections(names(6)))
  t.same([a.dealt, b.dealt], [[['1', '3']], [['2', '4']]])
  handoff.takenBack(a, a.takeBack() as NonNullable<ReturnType<FakeWorker['takeBack']>>)
  settle(handoff, b)
  settle(handoff, b)
  t.same([a.dealt, b.dealt], [[['1', '3'], []], [['2', '4'], ['1', '3'], ['5', '6']]])
  settle(handoff, a)
  handoff.distribute(connections('7'))
  t.same(a.dealt[2], ['7'], 'it has credit again when it has acked')
})

t.test('a worker from which connections were taken back gets an extra turn, so that the counts become equal', async t => {
  const { handoff, workers: [a, b, c] } = create(1, 3)
  handoff.distribute(connections('1'))
  handoff.takenBack(a, a.takeBack() as NonNullable<ReturnType<FakeWorker['takeBack']>>)
  settle(handoff, b)
  settle(handoff, a) // it runs again
  for (const connection of connections('2 3 4 5 6')) {
    handoff.distribute([connection])
    settle(handoff, [a, b, c].find(({ hasCredit }) => !hasCredit) as FakeWorker)
  }
  t.same([a.dealt, b.dealt, c.dealt], [[['1'], [], ['2'], ['4']], [['1'], ['5']], [['3'], ['6']]])
})

// Closing.

t.test('close drops the pending connections, once, and nothing else', async t => {
  const { handoff } = create(1, 2)
  const all = connections('1 2 3 4')
  handoff.distribute(all)
  handoff.close()
  handoff.close()
  t.same(all.map(({ closed }) => closed), [0, 0, 1, 1])
  t.equal(handoff.pending, 0)
})

t.test('dealt resolves when nothing is pending', async t => {
  const { handoff, workers: [a] } = create(1, 1)
  await handoff.dealt()
  handoff.distribute(connections('1 2'))
  let dealt = false
  const waits = handoff.dealt().then(() => { dealt = true })
  await new Promise(setImmediate)
  t.notOk(dealt)
  settle(handoff, a)
  await waits
})

t.test('dealt resolves when there is no worker left', async t => {
  const { handoff, workers: [a] } = create(1, 1)
  handoff.distribute(connections('1 2'))
  const waits = handoff.dealt()
  handoff.remove(a)
  await waits
  t.equal(handoff.pending, 1)
})

t.test('dealt resolves when the pending connections are closed', async t => {
  const { handoff } = create(1, 1)
  handoff.distribute(connections('1 2'))
  const waits = handoff.dealt()
  handoff.close()
  await waits
  t.equal(handoff.pending, 0)
})

// Random sequences.

for (const frameSize of [1, 3, 64]) {
  for (const seed of [1, 2, 3, 4, 5]) {
    t.test(`whatever workers do, each connection ends in exactly one place: frames of ${frameSize}, seed ${seed}`, async t => {
      const random = createRandom(seed)
      const some = (most: number): number => Math.floor(random() * most)
      const { handoff, workers, clock } = create(frameSize, 3)
      const all: FakeConnection[] = []
      const taken = new Map<unknown, number>()
      const take = (connection: unknown): void => { taken.set(connection, (taken.get(connection) ?? 0) + 1) }
      const wrong: string[] = []
      let ids = workers.length
      for (let step = 0; step < 2_000; step++) {
        const worker = workers[some(workers.length)] as FakeWorker
        const open = worker.frame?.connections ?? []
        const dice = random()
        if (dice < 0.3) {
          const fresh = Array.from({ length: 1 + some(frameSize * 2) }, (_, i) => new FakeConnection(String(all.length + i + 1)))
          all.push(...fresh)
          handoff.distribute(fresh)
        } else if (dice < 0.8 && worker.frame !== null) {
          const refused = [...open.keys()].filter(() => random() < 0.2)
          open.forEach((connection, place) => { if (!refused.includes(place)) take(connection) })
          settle(handoff, worker, refused)
        } else if (dice < 0.85) {
          worker.wire.works = !worker.wire.works
        } else if (dice < 0.9) {
          const places = [...open.keys()].filter(() => random() < 0.5)
          for (const place of places) take(open[place])
          die(handoff, worker, places)
          const next = new FakeWorker(++ids)
          workers.splice(workers.indexOf(worker), 1, next)
          handoff.add(next)
        } else if (dice < 0.94) {
          worker.wire.received = random() < 0.5
          const frame = worker.takeBack()
          if (frame !== undefined) handoff.takenBack(worker, frame)
        } else {
          clock.advance(some(50))
        }
        const unacked = workers.flatMap(({ frame }) => frame?.connections ?? [])
        const done = all.filter(({ closed }) => closed > 0).length
        if (done + unacked.length + handoff.pending !== all.length) wrong.push(`step ${step}: ${done} closed, ${unacked.length} un-acked, ${handoff.pending} pending of ${all.length}`)
      }
      t.same(wrong.slice(0, 5), [], 'none is lost or in two places at any time')
      for (const worker of workers) die(handoff, worker)
      handoff.close()
      t.same(all.filter(({ closed }) => closed !== 1).map(String), [], 'each was closed once')
      t.same([...taken].filter(([, times]) => times > 1).map(String), [], 'none was taken twice')
      t.ok(taken.size > all.length / 4, 'most were served')
    })
  }
}

t.test('when the wire of a worker has room again, it is offered to every key, also by a close', async t => {
  for (const end of ['retry', 'close'] as const) {
    const { handoff: a, workers: [worker], clock } = create(1, 1)
    let offered = 0
    const b = createHandoff({ key: 'b', frameSize: 1, clock, onCredit: () => { offered++ } })
    b.add(worker)
    worker.wire.works = false
    b.distribute(connections('1'))
    a.distribute(connections('2'))
    worker.wire.works = true
    if (end === 'close') b.close()
    else clock.advance(10)
    t.equal(offered, 1)
    a.deal() // as lib/primary.ts does then
    t.same(worker.dealt, [['2']])
  }
})

t.test("which workers could take a stalled worker's frame: those with credit, or, if it is more than busy, those that were sent something since", async t => {
  const { handoff, workers: [a, b], clock } = create(1, 2)
  handoff.distribute(connections('1'))
  const frame = a.frame as OpenFrame
  t.ok(handoff.wants(a, frame), 'b has credit')
  clock.advance(1)
  handoff.distribute(connections('2'))
  t.notOk(handoff.wants(a, frame), 'both are busy')
  clock.advance(9)
  t.ok(handoff.wants(a, frame), 'b was sent a frame since, and a has not acked for 10 ms')
  t.notOk(handoff.wants(b, b.frame as OpenFrame), 'a was not sent anything since')
})

t.test('others could take everything that a draining worker has not received', async t => {
  const { handoff, workers: [a, b] } = create(1, 2)
  handoff.distribute(connections('1 2'))
  a.state = 'draining'
  t.ok(handoff.wants(a, a.frame as OpenFrame))
  t.notOk(handoff.wants(b, b.frame as OpenFrame))
})

t.test('without another worker, nobody could take the frame', async t => {
  const { handoff, workers: [a], clock } = create(1, 1)
  handoff.distribute(connections('1'))
  a.state = 'draining'
  clock.advance(1_000)
  t.notOk(handoff.wants(a, a.frame as OpenFrame))
})

// Workers that are full, or saturated.

t.test('a worker with its maximum of connections gets no more, until it has fewer', async t => {
  const clock = new FakeClock()
  const handoff = createHandoff({ frameSize: 64, clock, mostConnections: 3 })
  const [a, b] = [new FakeWorker(1), new FakeWorker(2)]
  for (const worker of [a, b]) handoff.add(worker)
  a.report(2, 0)
  handoff.distribute(connections('1 2 3 4 5 6'))
  t.same([a.dealt, b.dealt, handoff.pending], [[['1']], [['2', '3', '4']], 2])
  settle(handoff, a)
  settle(handoff, b)
  t.equal(handoff.pending, 2, 'all are full')
  t.notOk(handoff.hasCredit)
  b.report(2, 3)
  handoff.deal() // as lib/primary.ts does then
  t.same([b.dealt.at(-1), handoff.pending], [['5'], 1])
})

t.test('a saturated worker is skipped while others have credit, or are merely busy', async t => {
  const { handoff, workers: [a, b, c] } = create(1, 3)
  a.saturated = true
  handoff.distribute(connections('1 2'))
  t.same([a.dealt, b.dealt, c.dealt], [[], [['1']], [['2']]])
  handoff.distribute(connections('3'))
  t.same([a.dealt, handoff.pending], [[], 1])
  settle(handoff, c)
  t.same(c.dealt, [['2'], ['3']])
})

t.test('while the others stall, a saturated worker serves, without waiting for an ack', async t => {
  const { handoff, workers: [a, b, c], clock } = create(1, 3)
  a.saturated = true
  handoff.distribute(connections('1 2 3'))
  t.same([a.dealt, b.dealt, c.dealt, handoff.pending], [[], [['1']], [['2']], 1])
  clock.advance(9)
  t.same(a.dealt, [])
  clock.advance(1)
  t.same(a.dealt, [['3']])
  t.same(clock.waiting, [])
})

t.test('if all are saturated, all serve in turn; one that is no longer saturated has its place again', async t => {
  const { handoff, workers: [a, b, c] } = create(1, 3)
  for (const worker of [a, b, c]) worker.saturated = true
  handoff.distribute(connections('1 2 3'))
  t.same([a.dealt, b.dealt, c.dealt], [[['1']], [['2']], [['3']]])
  for (const worker of [a, b, c]) settle(handoff, worker)
  b.saturated = false
  handoff.distribute(connections('4'))
  t.same(b.dealt.at(-1), ['4'])
})

t.test('a choice costs the same with any number of workers: all ranks are read only for a burst', async t => {
  const count = 512
  const { handoff, workers } = create(64, count)
  let looks = 0
  for (const worker of workers) {
    const { hasCredit } = Object.getOwnPropertyDescriptors(Object.getPrototypeOf(FakeWorker.prototype) as WorkerHandle)
    Object.defineProperty(worker, 'hasCredit', { get () { looks++; return (hasCredit?.get as () => boolean).call(worker) } })
  }
  handoff.distribute(connections('1'))
  t.ok(looks < 20, `${looks} looks`)
})

t.test('a saturated worker serves if the others are full, and full ones get no share', async t => {
  const clock = new FakeClock()
  const handoff = createHandoff({ frameSize: 64, clock, mostConnections: 40 })
  const [a, b, c] = [new FakeWorker(1), new FakeWorker(2), new FakeWorker(3)]
  for (const worker of [a, b, c]) handoff.add(worker)
  b.report(40, 0)
  c.report(40, 0)
  handoff.distribute(connections(names(12)))
  t.equal(a.wire.last.connections.length, 12)
  settle(handoff, a)
  a.saturated = true
  handoff.distribute(connections('13'))
  t.same(a.dealt.at(-1), ['13'])
  t.same(clock.waiting, [])
})

t.test("a worker that leaves while it is sent something loses no connection, its own or others'", async t => {
  for (const [breaks, fails] of [[1, 2], [2, 1], [1, 1]] as const) {
    const { handoff, workers } = create(2, 3)
    for (const worker of workers) {
      const send = worker.wire.send.bind(worker.wire)
      worker.wire.send = frame => {
        if (worker.id === fails) return false
        if (worker.id === breaks) {
          handoff.remove(worker)
          return false
        }
        return send(frame)
      }
    }
    const all = connections(names(6))
    handoff.distribute(all)
    const dealt = workers.flatMap(({ dealt }) => dealt.flat())
    t.equal(new Set(dealt).size, dealt.length)
    t.equal(dealt.length + handoff.pending, 6)
    handoff.close()
    t.equal(all.filter(({ closed }) => closed === 1).length, 6 - dealt.length)
  }
})
