import t from 'tap'
import { TakeBack } from '../../../lib/primary/dealing/take-back.js'
import type { OpenFrame, WorkerHandle } from '../../../lib/primary/workers/worker-handle.js'
import { connections, FakeClock, type FakeConnection, FakeWorker } from '../../fakes.js'

const PATIENCE = 2

/** Workers whose frames are wanted or not, as the test says, and the connections that were returned. */
function create (count = 1) {
  const clock = new FakeClock()
  const workers = Array.from({ length: count }, (_, i) => new FakeWorker(i + 1)) as [FakeWorker, ...FakeWorker[]]
  const returned: Array<[worker: number, connections: string]> = []
  const asked: number[] = []
  const wanted = { now: true }
  const takeBack = new TakeBack({
    patience: PATIENCE,
    workers: () => workers,
    wanted: ({ id }: WorkerHandle) => {
      asked.push(id)
      return wanted.now
    },
    returned: ({ id }: WorkerHandle, { connections }: OpenFrame) => { returned.push([id, connections.join(' ')]) },
    clock
  })
  const send = (worker: FakeWorker, sent: FakeConnection[]): void => {
    worker.send('key', sent, clock.now())
    takeBack.watch()
  }
  return { clock, workers, returned, asked, wanted, takeBack, send }
}

t.test('a frame that a worker has not received is taken back when its patience is over, not before', async t => {
  const { clock, workers: [a], returned, send } = create()
  send(a, connections('1 2'))
  clock.advance(PATIENCE - 1)
  t.same(returned, [])
  clock.advance(1)
  t.same(returned, [[1, '1 2']])
  t.same(a.dealt.at(-1), [], 'a probe holds its credit')
})

t.test('a frame stays while no other worker would take it, and is taken back as soon as one would', async t => {
  const { clock, workers: [a], returned, wanted, send } = create()
  wanted.now = false
  send(a, connections('1'))
  clock.advance(50 * PATIENCE)
  t.same(returned, [])
  wanted.now = true
  clock.advance(PATIENCE)
  t.same(returned, [[1, '1']])
})

t.test('each move doubles the patience for the moved connections, and for no others', async t => {
  const { clock, workers: [a, b], returned, send } = create(2)
  const moving = connections('1')
  for (const patience of [2, 4, 8, 16]) {
    const from = returned.length
    send(a, moving)
    clock.advance(patience - 1)
    t.equal(returned.length, from, `not before ${patience} ms`)
    clock.advance(PATIENCE)
    t.equal(returned.length, from + 1)
    a.settle(a.ack()) // the probe
  }
  send(b as FakeWorker, connections('2'))
  clock.advance(PATIENCE)
  t.same(returned.at(-1), [2, '2'])
})

t.test('a frame waits for as long as its most often moved connection', async t => {
  const { clock, workers: [a], returned, send } = create()
  const [old, fresh] = connections('1 2') as [FakeConnection, FakeConnection]
  send(a, [old])
  clock.advance(PATIENCE)
  a.settle(a.ack())
  send(a, [old, fresh])
  clock.advance(2 * PATIENCE - 1)
  t.equal(returned.length, 1)
  clock.advance(PATIENCE)
  t.same(returned.at(-1), [1, '1 2'])
})

t.test('a received frame is not tried again: its ack or its exit will tell', async t => {
  const { clock, workers: [a], returned, asked, send } = create()
  a.wire.received = true
  send(a, connections('1'))
  clock.advance(10 * PATIENCE)
  t.same(returned, [])
  t.same(asked, [1])
  t.same(clock.waiting, [])
})

t.test('a frame is due when its own patience is over, not when the first one is tried again', async t => {
  const { clock, workers: [a, b], returned, send } = create(2)
  send(a, connections('1'))
  clock.advance(1)
  send(b as FakeWorker, connections('2'))
  clock.advance(PATIENCE)
  t.same(returned, [[1, '1'], [2, '2']])
})

t.test('an often moved frame does not delay one that is sent later', async t => {
  const { clock, workers, returned, send } = create(2)
  const [a, b] = workers as unknown as [FakeWorker, FakeWorker]
  const moving = connections('1')
  for (let moves = 0; moves < 6; moves++) {
    send(a, moving)
    clock.advance(PATIENCE * 2 ** moves)
    a.settle(a.ack()) // the probe
  }
  send(a, moving)
  clock.advance(3 * PATIENCE)
  const before = returned.length
  send(b, connections('2'))
  clock.advance(PATIENCE)
  t.same(returned.slice(before), [[2, '2']])
})

t.test('a connection that goes to another worker is watched there, in whatever order they are checked', async t => {
  const { clock, workers, returned, send } = create(2)
  const [a, b] = workers as unknown as [FakeWorker, FakeWorker]
  send(b, connections('1'))
  const moves = returned.push.bind(returned)
  returned.push = (...what) => {
    if (returned.length === 0) send(a, connections('2')) // as if it was dealt there
    return moves(...what)
  }
  clock.advance(2 * PATIENCE)
  t.same(returned, [[2, '1'], [1, '2']])
})

t.test('without an open frame no timer runs', async t => {
  const { clock, workers: [a], send } = create()
  send(a, connections('1'))
  a.settle(a.ack())
  clock.advance(PATIENCE)
  t.same(clock.waiting, [])
})

t.test('one timer serves all workers, and stop() cancels it', async t => {
  const { clock, workers: [a, b], takeBack, returned, send } = create(2)
  send(a, connections('1'))
  send(b as FakeWorker, connections('2'))
  t.equal(clock.waiting.length, 1)
  takeBack.stop()
  t.same(clock.waiting, [])
  clock.advance(10 * PATIENCE)
  t.same(returned, [])
})
