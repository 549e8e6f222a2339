import t from 'tap'
import type { RecycleLimits } from '../../../lib/options/options.js'
import { Recycling } from '../../../lib/primary/workers/recycling.js'
import { Slot } from '../../../lib/primary/workers/slots.js'
import { createLog, FakeClock, FakeWorker } from '../../fakes.js'

/** This many ready workers, and what recycles them; `random` is constant. */
function create (count: number, limits: Partial<RecycleLimits>, { random = 0 } = {}) {
  const clock = new FakeClock()
  const { log, lines } = createLog()
  const renewing: Array<{ slot: Slot, resolve: () => void, reject: (err: Error) => void }> = []
  const state = { reloading: false }
  const slots: Slot[] = Array.from({ length: count }, (_, place) => Object.assign(new Slot(place, false), { worker: new FakeWorker(place + 1) }))
  const workers = slots.map(({ worker }) => worker as FakeWorker)
  const recycling = new Recycling({
    limits: { jitter: 0, ...limits },
    slots: () => slots,
    renew: async slot => await new Promise((resolve, reject) => { renewing.push({ slot, resolve: () => { resolve('ready') }, reject }) }),
    reloading: () => state.reloading,
    random: () => random,
    clock,
    log
  })
  for (const worker of workers) {
    worker.state = 'ready'
    recycling.ready(worker)
  }
  return {
    clock,
    slots,
    workers,
    recycling,
    renewing,
    state,
    events: () => lines.map(({ event }) => event),
    lines,
    due: () => renewing.map(({ slot }) => slot.worker?.id),
    settle: async () => { await new Promise(setImmediate) },
    /** The slot has a new worker, which has not done anything yet. */
    renewed ({ slot, resolve }: { slot: Slot, resolve: () => void }) {
      slot.worker = new FakeWorker(100)
      slot.worker.state = 'ready'
      recycling.ready(slot.worker)
      resolve()
    }
  }
}

for (const { what, limits, under, over } of [
  { what: 'requests', limits: { requests: 100 }, under: { requests: 99 }, over: { requests: 100 } },
  { what: 'rss', limits: { rss: 2 ** 20 }, under: { rss: 2 ** 20 - 1 }, over: { rss: 2 ** 20 } }
]) {
  t.test(`a worker is replaced at its limit of ${what}, not below`, async t => {
    const { recycling, workers: [, second], due, lines } = create(2, limits)
    Object.assign(second as FakeWorker, under)
    recycling.check()
    t.same(due(), [])
    Object.assign(second as FakeWorker, over)
    recycling.check()
    t.same(due(), [2])
    t.match(lines, [{ event: 'recycle', workerId: 2, reason: what, used: Object.values(over)[0], limit: Object.values(limits)[0] }])
  })
}

t.test('a worker is replaced at its maximum age, counted from ready on', async t => {
  const { recycling, clock, due } = create(1, { age: 5_000 })
  clock.advance(4_999)
  recycling.check()
  t.same(due(), [])
  clock.advance(1)
  recycling.check()
  t.same(due(), [1])
})

t.test('without limits no worker is replaced', async t => {
  const { recycling, workers, clock, due } = create(1, {})
  Object.assign(workers[0] as FakeWorker, { requests: 1e12, rss: 1e12 })
  clock.advance(1e12)
  recycling.check()
  t.same(due(), [])
})

t.test("jitter lowers a worker's limits by its share, and never raises them", async t => {
  const { recycling, workers: [worker], due } = create(1, { requests: 100, jitter: 0.2 }, { random: 0.5 })
  Object.assign(worker as FakeWorker, { requests: 89 })
  recycling.check()
  t.same(due(), [])
  Object.assign(worker as FakeWorker, { requests: 90 })
  recycling.check()
  t.same(due(), [1])
})

t.test('one at a time: the next worker is replaced when the previous one has exited', async t => {
  const { recycling, workers, renewing, renewed, settle, due } = create(3, { requests: 1 })
  for (const worker of workers) worker.requests = 1
  recycling.check()
  recycling.check()
  await settle()
  t.same(due(), [1])
  renewed(renewing[0] as typeof renewing[number])
  await settle()
  t.equal(renewing.length, 2)
})

t.test('a worker that is not ready, or whose slot has a starting worker, is left alone', async t => {
  const { recycling, slots: [first, second], workers, due } = create(2, { requests: 1 })
  for (const worker of workers) worker.requests = 1
  Object.assign(first as Slot, { successor: new FakeWorker(9) })
  Object.assign(second?.worker as FakeWorker, { state: 'draining' })
  recycling.check()
  t.same(due(), [])
})

t.test('no worker is recycled while a reload replaces all', async t => {
  const { recycling, workers: [worker], state, due } = create(1, { requests: 1 })
  Object.assign(worker as FakeWorker, { requests: 1 })
  state.reloading = true
  recycling.check()
  t.same(due(), [])
})

t.test('if the new worker fails, the old one stays, and 30 seconds later it is tried again', async t => {
  const { recycling, workers: [worker], renewing, settle, clock, events } = create(1, { requests: 1 })
  Object.assign(worker as FakeWorker, { requests: 1 })
  recycling.check()
  renewing[0]?.reject(new Error('no memory'))
  await settle()
  t.same(events(), ['recycle', 'recycle-failed'])
  clock.advance(29_999)
  recycling.check()
  t.equal(renewing.length, 1)
  clock.advance(1)
  recycling.check()
  t.equal(renewing.length, 2)
})

t.test('a memory limit that a worker exceeds from the start is ignored: its replacement would exceed it too', async t => {
  const { recycling, clock, renewing, lines } = create(0, { rss: 1_000 })
  const worker = new FakeWorker(1)
  worker.rss = 1_000
  worker.state = 'ready'
  recycling.ready(worker)
  clock.advance(100_000)
  recycling.check()
  t.same(renewing, [])
  t.match(lines, [{ level: 40, event: 'recycle-rss', workerId: 1, rss: 1_000, limit: 1_000 }])
})
