import t from 'tap'
import { Rescue } from '../../../lib/primary/dealing/rescue.js'
import { FakeClock, FakeWorker } from '../../fakes.js'

/** Workers that are ready, and a clock. */
function create (count: number) {
  const clock = new FakeClock()
  const workers = Array.from({ length: count }, (_, i) => new FakeWorker(i + 1))
  for (const worker of workers) worker.state = 'ready'
  const rescue = new Rescue({ keyOf: () => 'k', workers: () => workers, clock })
  const ack = (worker: FakeWorker): void => {
    const frame = worker.settle(worker.ack())
    if (frame !== undefined) rescue.acked(worker, frame)
  }
  return { clock, workers, rescue, ack, asked: () => workers.filter(({ frame }) => frame !== null).map(({ id }) => id) }
}

t.test('a blocked worker is invited when another one acks at once', async t => {
  const { workers: [blocked, other], rescue, ack } = create(2) as { workers: [FakeWorker, FakeWorker] } & ReturnType<typeof create>
  rescue.want(blocked)
  t.same(other.dealt, [[]], 'it is asked with a frame without connections')
  t.same(blocked.wire.invited, [])
  ack(other)
  t.same(blocked.wire.invited, [4])
  t.same(other.wire.invited, [])
})

t.test('where every worker is busy, none is invited', async t => {
  const { workers: [blocked, other], rescue, ack, clock } = create(2) as { workers: [FakeWorker, FakeWorker] } & ReturnType<typeof create>
  rescue.want(blocked)
  clock.advance(2)
  ack(other)
  t.same(blocked.wire.invited, [], 'its ack took too long')
  rescue.want(blocked)
  ack(other)
  t.same(blocked.wire.invited, [4], 'it has time now')
})

t.test('workers that are blocked themselves, draining or un-acked are not asked', async t => {
  const { workers, rescue, asked } = create(5)
  const [a, b, c, d] = workers as [FakeWorker, FakeWorker, FakeWorker, FakeWorker, FakeWorker]
  d.state = 'draining'
  c.send('k', [], 0)
  rescue.want(a)
  t.same(asked(), [2, 3, 5])
  rescue.want(b)
  t.same(c.dealt.length + d.dealt.length, 1)
})

t.test('at most four are asked at a time, in rotation', async t => {
  const { workers, rescue, asked, ack } = create(7)
  const [blocked] = workers as [FakeWorker]
  rescue.want(blocked)
  const first = asked()
  for (const worker of workers) if (worker.frame !== null) ack(worker)
  rescue.want(blocked)
  const second = asked()
  t.same([first.length, second.length, new Set([...first, ...second]).size], [4, 4, 6])
})

t.test('one ack invites one worker, in the order in which they asked', async t => {
  const { workers: [a, b, other], rescue, ack } = create(3) as { workers: [FakeWorker, FakeWorker, FakeWorker] } & ReturnType<typeof create>
  rescue.want(a)
  ack(b) // it has time, but only a asks
  t.same([a.wire.invited, b.wire.invited], [[4], []])
  rescue.want(b)
  ack(other)
  t.same([a.wire.invited, b.wire.invited], [[4], [4]])
})

t.test('a worker that acks, has exited, or has not asked for a while is not invited', async t => {
  const { workers: [a, other], rescue, ack, clock } = create(2) as { workers: [FakeWorker, FakeWorker] } & ReturnType<typeof create>
  a.send('k', [], 0)
  rescue.want(a)
  ack(a)
  ack(other)
  rescue.want(a)
  rescue.forget(a)
  ack(other)
  rescue.want(a)
  clock.advance(101)
  rescue.want(other) // the other one is blocked now
  t.equal(a.dealt.length, 2, 'so the first one is asked')
  ack(a)
  t.same([a.wire.invited, other.wire.invited], [[], [4]])
})
