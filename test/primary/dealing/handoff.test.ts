import t from 'tap'
import type { Handoff } from '../../../lib/primary/dealing/handoff.js'
import type { OpenFrame, WorkerHandle } from '../../../lib/primary/workers/worker-handle.js'
import { connections, createRandom, FakeClock, FakeConnection, FakeWorker } from '../../fakes.js'
import { createHandoff, settle } from '../../handoffs.js'

const names = (count: number): string => Array.from({ length: count }, (_, i) => i + 1).join(' ')

/** As many as were asked for: tests know how many they name. */
type Workers = [FakeWorker, FakeWorker, FakeWorker, ...FakeWorker[]]

function create (frameSize: number, workers: number): { handoff: Handoff, workers: Workers, clock: FakeClock, sent: () => number } {
  const clock = new FakeClock()
  let sent = 0
  const handoff = createHandoff({ frameSize, clock, onSent: () => { sent++ } })
  const all = Array.from({ length: workers }, (_, i) => new FakeWorker(i + 1))
  for (const worker of all) handoff.add(worker)
  return { handoff, workers: all as unknown as Workers, clock, sent: () => sent }
}

/** The worker dies, having taken these of its open frame. */
function die (handoff: Handoff, worker: FakeWorker, taken: number[] = []): void {
  worker.wire.taken = taken
  const open = worker.end()
  handoff.remove(worker)
  if (open !== undefined) handoff.reclaim(worker, open.frame, open.untaken)
}

// Dealing.

for (const size of [1, 2, 3, 4, 5, 6, 7]) {
  t.test(`connections that come one by one are dealt to ${size} workers in exact turn`, async t => {
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

t.test('connections that come together are dealt one by one, and sent to each worker in one frame', async t => {
  const { handoff, workers } = create(64, 3)
  handoff.distribute(connections(names(8)))
  t.same(workers.map(({ dealt }) => dealt), [[['1', '4', '7']], [['2', '5', '8']], [['3', '6']]])
  t.equal(handoff.pending, 0)
})

t.test('the turn goes on from one frame to the next', async t => {
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

t.test('a frame says its key and has a number that is never used again', async t => {
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

t.test('what was pending before anybody was there goes to the first that joins', async t => {
  const { handoff } = create(1, 0)
  handoff.distribute(connections('1 2'))
  const worker = new FakeWorker(1)
  handoff.add(worker)
  t.same(worker.dealt, [['1']])
  t.same(handoff.members, [worker])
})

t.test('a worker that left gets nothing more, and what it has un-acked stays with it', async t => {
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

t.test('what one worker refuses goes to another, and is next', async t => {
  const { handoff, workers: [a, b] } = create(1, 2)
  handoff.distribute(connections('1 2 3 4'))
  settle(handoff, a, [0])
  t.same([a.dealt, b.dealt], [[['1'], ['3']], [['2']]], 'the one that refused it goes on with what is behind it')
  settle(handoff, b)
  t.same([a.dealt, b.dealt], [[['1'], ['3']], [['2'], ['1']]])
})

t.test('what is refused of a frame goes on at the head of pending, in its order', async t => {
  const { handoff, workers: [a, b] } = create(4, 2)
  handoff.distribute(connections(names(12)))
  t.same([a.dealt, b.dealt], [[['1', '3', '5', '7']], [['2', '4', '6', '8']]])
  settle(handoff, a, [0, 2, 3])
  settle(handoff, b)
  settle(handoff, b)
  t.same(b.dealt.slice(1), [['1', '5'], ['7']])
})

t.test('one that nobody who has credit may have holds up nobody behind it', async t => {
  const { handoff, workers: [a, b] } = create(1, 2)
  handoff.distribute(connections('1 2'))
  settle(handoff, a, [0])
  for (const connection of connections('3 4 5')) {
    handoff.distribute([connection])
    settle(handoff, a)
  }
  t.same([a.dealt, b.dealt, handoff.pending], [[['1'], ['3'], ['4'], ['5']], [['2']], 1])
})

t.test('a worker that refused a connection is not asked again before the pause is over, then it is', async t => {
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

t.test('one that joins is asked at once for what all others have refused', async t => {
  const { handoff, workers: [a] } = create(1, 1)
  handoff.distribute(connections('1'))
  settle(handoff, a, [0])
  const b = new FakeWorker(2)
  handoff.add(b)
  t.same(b.dealt, [['1']])
})

t.test('a refusal is of one connection: the next one is offered to the same worker', async t => {
  const { handoff, workers: [a] } = create(1, 1)
  handoff.distribute(connections('1'))
  settle(handoff, a, [0])
  handoff.distribute(connections('2'))
  t.same(a.dealt, [['1'], ['2']])
  handoff.close()
})

t.test('what all refuse costs one question for each worker and pause, however much waits', async t => {
  const { handoff, workers: [a, b], clock } = create(1, 2)
  const refuseAll = (): void => {
    for (let worker; (worker = [a, b].find(({ hasCredit }) => !hasCredit)) !== undefined;) settle(handoff, worker, [0])
  }
  handoff.distribute(connections(names(50)))
  refuseAll()
  t.equal(handoff.pending, 50)
  const asked = (): number => a.stats().handedOff + b.stats().handedOff
  const before = asked()
  t.equal(before, 100, 'each was asked for each')
  for (let pause = 1; pause <= 3; pause++) {
    clock.advance(100)
    refuseAll()
    t.equal(asked(), before + pause * 4, 'two connections, each offered to both')
  }
  t.equal(handoff.pending, 50)
})

t.test('when there is room again, all that waited is served, in its order and without another pause', async t => {
  const { handoff, workers: [a], clock } = create(4, 1)
  handoff.distribute(connections(names(50)))
  while (!a.hasCredit) settle(handoff, a, [0, 1, 2, 3].slice(0, a.wire.last.connections.length))
  const refused = a.dealt.length
  clock.advance(100)
  while (!a.hasCredit) settle(handoff, a)
  t.same(a.dealt.slice(refused).flat(), names(50).split(' '))
  t.equal(handoff.pending, 0)
})

t.test('what others have refused goes to the one that was busy as soon as it has credit', async t => {
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

t.test('when a worker dies, what it had not taken is next, in its order; what it had taken went with it', async t => {
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

t.test('the first one that dies of a connection takes it along, and no other', async t => {
  const { handoff, workers: [a, b] } = create(4, 2)
  const all = connections(names(8))
  handoff.distribute(all)
  settle(handoff, b)
  die(handoff, a, [0])
  t.same(b.dealt[1], ['3', '5', '7'])
})

t.test('an untaken one that comes back is not offered to those who had refused it before', async t => {
  const { handoff, workers: [a, b, c] } = create(1, 3)
  handoff.distribute(connections('1'))
  settle(handoff, a, [0])
  die(handoff, b)
  t.same([a.dealt, b.dealt, c.dealt], [[['1']], [['1']], [['1']]])
})

t.test('a send that fails has sent nothing: all stay pending, in order, and it is no handoff', async t => {
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

t.test('a send that fails keeps its connections in front of those behind them, and behind those in front', async t => {
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

t.test('a send that fails is tried again though nothing else happens, but not at once', async t => {
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

t.test('what is taken back from a worker is next, in its order, and not for this worker', async t => {
  const { handoff, workers: [a, b] } = create(2, 2)
  handoff.distribute(connections(names(6)))
  t.same([a.dealt, b.dealt], [[['1', '3']], [['2', '4']]])
  handoff.takenBack(a, a.takeBack() as NonNullable<ReturnType<FakeWorker['takeBack']>>)
  settle(handoff, b)
  settle(handoff, b)
  t.same([a.dealt, b.dealt], [[['1', '3'], []], [['2', '4'], ['1', '3'], ['5', '6']]])
  settle(handoff, a)
  handoff.distribute(connections('7'))
  t.same(a.dealt[2], ['7'], 'it has credit again when it has answered')
})

t.test('a worker from which connections were taken back has one turn more: its count comes to be that of the others', async t => {
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

// The end.

t.test('close ends what is pending, once, and nothing else', async t => {
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

t.test('dealt resolves when nobody is left to send it to', async t => {
  const { handoff, workers: [a] } = create(1, 1)
  handoff.distribute(connections('1 2'))
  const waits = handoff.dealt()
  handoff.remove(a)
  await waits
  t.equal(handoff.pending, 1)
})

t.test('dealt resolves when what was pending is closed', async t => {
  const { handoff } = create(1, 1)
  handoff.distribute(connections('1 2'))
  const waits = handoff.dealt()
  handoff.close()
  await waits
  t.equal(handoff.pending, 0)
})

// Everything at once.

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

t.test('a worker whose wire has room again is offered to every key, by a close too', async t => {
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

t.test('who would take a stalled worker\'s frame: who has credit, or was sent something since, where it is more than busy', async t => {
  const { handoff, workers: [a, b], clock } = create(1, 2)
  handoff.distribute(connections('1'))
  const frame = a.frame as OpenFrame
  t.ok(handoff.wants(a, frame), 'b has credit')
  clock.advance(1)
  handoff.distribute(connections('2'))
  t.notOk(handoff.wants(a, frame), 'both are busy')
  clock.advance(9)
  t.ok(handoff.wants(a, frame), 'b got on since, and a has not for 10 ms')
  t.notOk(handoff.wants(b, b.frame as OpenFrame), 'a has not got on since')
})

t.test('others would take all that a draining worker has not received', async t => {
  const { handoff, workers: [a, b] } = create(1, 2)
  handoff.distribute(connections('1 2'))
  a.state = 'draining'
  t.ok(handoff.wants(a, a.frame as OpenFrame))
  t.notOk(handoff.wants(b, b.frame as OpenFrame))
})

t.test('where nobody else is, nobody would', async t => {
  const { handoff, workers: [a], clock } = create(1, 1)
  handoff.distribute(connections('1'))
  a.state = 'draining'
  clock.advance(1_000)
  t.notOk(handoff.wants(a, a.frame as OpenFrame))
})

// Workers that are full, or saturated.

t.test('a worker with as many connections as it may have gets no more, until it has fewer', async t => {
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

t.test('a saturated worker is passed over while others have credit, or are merely busy', async t => {
  const { handoff, workers: [a, b, c] } = create(1, 3)
  a.saturated = true
  handoff.distribute(connections('1 2'))
  t.same([a.dealt, b.dealt, c.dealt], [[], [['1']], [['2']]])
  handoff.distribute(connections('3'))
  t.same([a.dealt, handoff.pending], [[], 1])
  settle(handoff, c)
  t.same(c.dealt, [['2'], ['3']])
})

t.test('where the others stall, a saturated worker serves: no ack has to tell', async t => {
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

t.test('where all are saturated, all serve in turn; and one that is no longer has its place again', async t => {
  const { handoff, workers: [a, b, c] } = create(1, 3)
  for (const worker of [a, b, c]) worker.saturated = true
  handoff.distribute(connections('1 2 3'))
  t.same([a.dealt, b.dealt, c.dealt], [[['1']], [['2']], [['3']]])
  for (const worker of [a, b, c]) settle(handoff, worker)
  b.saturated = false
  handoff.distribute(connections('4'))
  t.same(b.dealt.at(-1), ['4'])
})

t.test('a choice costs the same with any number of workers: the ranks of all are looked at for a burst only', async t => {
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

t.test('a saturated worker serves where the others are full, and full ones take no share', async t => {
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

t.test('a worker that leaves while it is sent something loses nothing, of its own nor of others', async t => {
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
