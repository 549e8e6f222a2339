import t from 'tap'
import { describeEnding } from '../../../lib/primary/workers/ending.js'
import type { Slot } from '../../../lib/primary/workers/slots.js'
import { Supervisor } from '../../../lib/primary/workers/supervisor.js'
import type { Ending } from '../../../lib/primary/workers/fork.js'
import { Restarts } from '../../../lib/primary/workers/restarts.js'
import type { WorkerHandle } from '../../../lib/primary/workers/worker-handle.js'
import { createLog, FakeClock, FakeWorker } from '../../fakes.js'

const CRASH: Ending = { code: 1, signal: null }
const DONE: Ending = { code: 0, signal: null }
const KILLED: Ending = { code: null, signal: 'SIGKILL' }
const GRACE = 5_000

/** A supervisor with all workers that it has ever spawned. */
function create (count: number, { bootTimeout = 0, maxRestarts, lacks = () => false }: { bootTimeout?: number, maxRestarts?: number, lacks?: () => boolean } = {}) {
  const clock = new FakeClock()
  const { log, lines } = createLog()
  const spawned: FakeWorker[] = []
  const events: Array<[name: string, payload: object]> = []
  let gaveUp = 0
  const retired: Array<[id: number, grace: number]> = []
  const supervisor = new Supervisor({
    count,
    grace: GRACE,
    bootTimeout,
    spawn (generation) {
      if (lacks()) throw new Error('no descriptors')
      const worker = new FakeWorker(spawned.length + 1, generation)
      spawned.push(worker)
      return worker
    },
    retire: (worker: WorkerHandle, grace: number) => { retired.push([worker.id, grace]) },
    restarts: new Restarts({ count: maxRestarts, within: 10_000 }, clock),
    onCrashLoop: () => { gaveUp++ },
    emit: (name, ...[payload = {}]) => { events.push([name, payload]) },
    clock,
    log
  })
  return { supervisor, clock, lines, spawned, retired, events, gaveUp: () => gaveUp, last: () => spawned.at(-1) as FakeWorker }
}

/** Like {@link create}, started and ready. */
function started (count: number): ReturnType<typeof create> & { first: Slot } {
  const all = create(count)
  all.supervisor.start()
  for (const worker of all.spawned) all.supervisor.ready(worker)
  return { ...all, first: all.supervisor.slots[0] as Slot }
}

/** Whether the promise is settled by now. */
async function isSettled (promise: Promise<unknown>): Promise<boolean> {
  let settled = false
  promise.then(() => { settled = true })
  await new Promise(setImmediate)
  return settled
}

t.test('it starts as many workers as configured', async t => {
  const { supervisor, spawned } = create(3)
  t.same(supervisor.workers, [])
  supervisor.start()
  t.same(supervisor.workers, spawned)
  t.equal(spawned.length, 3)
})

t.test('a worker becomes ready once, and not while it drains', async t => {
  const { supervisor, spawned: [a, b], lines } = started(2)
  supervisor.ready(a as FakeWorker)
  supervisor.drain(b as FakeWorker)
  supervisor.ready(b as FakeWorker)
  t.same([a?.state, b?.state], ['ready', 'draining'])
  t.same(lines.filter(({ event }) => event === 'worker-ready').map(({ workerId }) => workerId), [1, 2])
})

t.test('it knows whether a condition holds for every slot, filled or not', async t => {
  const { supervisor, spawned: [a, b], clock } = started(2)
  t.ok(supervisor.everySlot(worker => worker.state === 'ready'))
  t.notOk(supervisor.everySlot(worker => worker === a))
  supervisor.exited(b as FakeWorker, CRASH)
  t.notOk(supervisor.everySlot(() => true), 'one slot is empty')
  clock.advance(100)
  t.ok(supervisor.everySlot(() => true))
})

// Replacing.

t.test('a worker that dies is replaced after 100 ms', async t => {
  const { supervisor, spawned, clock } = started(2)
  supervisor.exited(spawned[0] as FakeWorker, CRASH)
  t.same(supervisor.workers.map(({ id }) => id), [2])
  clock.advance(99)
  t.equal(spawned.length, 2)
  clock.advance(1)
  t.same(supervisor.workers.map(({ id }) => id), [2, 3])
})

t.test('workers that die immediately are replaced with growing delays: 100 ms, doubled each time, at most 30 s', async t => {
  const { supervisor, clock, last, spawned } = started(1)
  const delays: number[] = []
  for (let i = 0; i < 12; i++) {
    supervisor.exited(last(), CRASH)
    delays.push(...clock.waiting)
    clock.advance(clock.waiting[0] as number)
    supervisor.ready(last())
  }
  t.same(delays, [100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000, 30_000])
  t.equal(spawned.length, 13)
})

t.test('after a minute of life the delay starts again at 100 ms', async t => {
  const { supervisor, clock, last } = started(1)
  for (const life of [0, 0, 59_999, 60_000, 0]) {
    clock.advance(life)
    supervisor.exited(last(), CRASH)
    clock.advance(clock.waiting[0] as number)
    supervisor.ready(last())
  }
  supervisor.exited(last(), CRASH)
  t.same(clock.waiting, [400], '100, 200 and 400, then 100 again, 200, 400')
})

t.test('only the time from ready on counts as life: a worker that never became ready had none', async t => {
  const { supervisor, clock, last } = started(1)
  supervisor.exited(last(), CRASH)
  clock.advance(100)
  clock.advance(120_000)
  supervisor.exited(last(), CRASH)
  t.same(clock.waiting, [200])
})

t.test('each slot has its own delay', async t => {
  const { supervisor, clock, spawned, last } = started(2)
  supervisor.exited(spawned[0] as FakeWorker, CRASH)
  clock.advance(100)
  supervisor.exited(last(), CRASH)
  supervisor.exited(spawned[1] as FakeWorker, CRASH)
  t.same(clock.waiting, [100, 200])
})

t.test('a worker that drained by itself is replaced too', async t => {
  const { supervisor, clock, spawned } = started(1)
  supervisor.drain(spawned[0] as FakeWorker)
  supervisor.exited(spawned[0] as FakeWorker, DONE)
  clock.advance(100)
  t.equal(spawned.length, 2)
})

t.test('an expected end does not count as a death: the replacement comes after 100 ms, and later ones are not delayed', async t => {
  const { supervisor, clock, last } = started(1)
  for (const [asked, delay] of [[true, 100], [false, 100], [true, 100], [false, 200], [true, 100]] as const) {
    if (asked) supervisor.drain(last())
    supervisor.exited(last(), asked ? DONE : CRASH)
    t.same(clock.waiting, [delay])
    clock.advance(delay)
    supervisor.ready(last())
  }
})

t.test('a worker that ends by itself before it was ever ready counts as a death, expected or not', async t => {
  const { supervisor, clock, last } = create(1)
  supervisor.start()
  for (const delay of [100, 200, 400]) {
    supervisor.drain(last())
    supervisor.exited(last(), DONE)
    t.same(clock.waiting, [delay])
    clock.advance(delay)
  }
})

// Draining.

t.test('a ready worker that is drained is retired, with its grace, once, and gets no signal', async t => {
  const { supervisor, spawned: [a], retired } = started(1)
  supervisor.drain(a as FakeWorker)
  supervisor.drain(a as FakeWorker)
  t.same(retired, [[1, GRACE]])
  t.same(a?.child.signals, [])
})

t.test('a worker that does not listen yet is ended by SIGTERM: it has nothing to finish', async t => {
  const { supervisor, spawned, retired } = create(1)
  supervisor.start()
  const [a] = spawned
  supervisor.drain(a as FakeWorker)
  t.same(retired, [])
  t.same(a?.child.signals, ['SIGTERM'])
})

t.test('a worker that has not exited a second after its grace is killed, not before', async t => {
  const { supervisor, clock, spawned: [a], lines } = started(1)
  supervisor.drain(a as FakeWorker)
  clock.advance(GRACE + 999)
  t.same(a?.child.signals, [])
  clock.advance(1)
  t.same(a?.child.signals, ['SIGKILL'])
  t.ok(lines.some(({ event, workerId }) => event === 'worker-kill' && workerId === 1))
})

t.test('a worker that has exited in time is not killed: another process may have its pid by now', async t => {
  const { supervisor, clock, spawned: [a] } = started(1)
  supervisor.drain(a as FakeWorker)
  clock.advance(GRACE)
  supervisor.exited(a as FakeWorker, DONE)
  clock.advance(10_000)
  t.same(a?.child.signals, [])
})

t.test('a worker that has lost its channel and should exit by itself is killed when its grace is over', async t => {
  const { supervisor, clock, spawned: [a] } = started(1)
  supervisor.expectExit(a as FakeWorker)
  t.equal(a?.state, 'ready')
  clock.advance(GRACE + 1_000)
  t.same(a?.child.signals, ['SIGKILL'])
})

t.test('there is one kill timer: the later grace counts', async t => {
  const { supervisor, clock, spawned: [a] } = started(1)
  supervisor.expectExit(a as FakeWorker, 100_000)
  supervisor.expectExit(a as FakeWorker, 0)
  t.same(clock.waiting, [1_000])
})

t.test('there is no kill timer for a worker that has exited', async t => {
  const { supervisor, clock, spawned: [a] } = started(1)
  supervisor.exited(a as FakeWorker, CRASH)
  clock.advance(100)
  supervisor.expectExit(a as FakeWorker)
  supervisor.drain(a as FakeWorker)
  t.same(clock.waiting, [])
})

// Booting.

t.test('a worker that is not ready in time is killed, and has failed', async t => {
  const { supervisor, clock, spawned, lines } = create(1, { bootTimeout: 2_000 })
  supervisor.start()
  supervisor.ready(spawned[0] as FakeWorker)
  const renewed = supervisor.renew(supervisor.slots[0] as Slot)
  const [, b] = spawned as [FakeWorker, FakeWorker]
  clock.advance(1_999)
  t.same(b.child.signals, [])
  clock.advance(1)
  t.same(b.child.signals, ['SIGKILL'])
  supervisor.exited(b, KILLED)
  t.match(lines.filter(({ event }) => event === 'boot-timeout'), [{ level: 50, workerId: 2, bootTimeout: 2_000 }])
  await t.rejects(renewed, { code: 'SHARED_PORT_ERR_WORKER_FAILED', cause: { code: 'SHARED_PORT_ERR_BOOT_TIMEOUT' } })
})

t.test('the error says if the worker was in its readyCheck at that time', async t => {
  const { supervisor, clock, spawned } = create(1, { bootTimeout: 2_000 })
  supervisor.start()
  const [a] = spawned as [FakeWorker]
  a.checking = true
  clock.advance(2_000)
  t.match(a.verdict, { message: 'Worker 1 was not ready within 2000 ms (bootTimeout): its readyCheck has not finished' })
})

t.test('a worker that a debugger may be holding may take any time', async t => {
  const { supervisor, clock, spawned } = create(2, { bootTimeout: 2_000 })
  supervisor.start()
  const [held, other] = spawned as [FakeWorker, FakeWorker]
  supervisor.endBoot(held)
  clock.advance(2_000)
  t.same([held, other].map(({ child }) => child.signals), [[], ['SIGKILL']])
})

t.test('bootTimeout does not apply to a worker that is ready, draining or gone', async t => {
  const { supervisor, clock, spawned } = create(3, { bootTimeout: 2_000 })
  supervisor.start()
  const [ready, draining, gone] = spawned as [FakeWorker, FakeWorker, FakeWorker]
  supervisor.ready(ready)
  supervisor.drain(draining, 100_000)
  supervisor.exited(gone, CRASH)
  clock.advance(2_000)
  t.same([ready, draining, gone].map(({ child }) => child.signals), [[], ['SIGTERM'], []])
})

// Renewing.

t.test('a slot is renewed start-first: the new worker is ready before the old one drains', async t => {
  const { supervisor, spawned, retired, first } = started(2)
  supervisor.generation = 1
  const renewed = supervisor.renew(first)
  const [a, , c] = spawned as [FakeWorker, FakeWorker, FakeWorker]
  t.equal(c.generation, 1)
  t.same([a.state, retired], ['ready', []])
  supervisor.ready(c)
  t.same([a.state, retired], ['draining', [[1, GRACE]]])
  t.equal(first.worker, c)
  t.notOk(await isSettled(renewed), 'the old one has not exited')
  supervisor.exited(a, DONE)
  await renewed
  t.same(supervisor.workers.map(({ id }) => id), [2, 3], 'and is not replaced')
})

t.test('if the new worker fails, the old one stays', async t => {
  const { supervisor, clock, spawned, first } = started(1)
  const renewed = supervisor.renew(first)
  const [a, b] = spawned as [FakeWorker, FakeWorker]
  supervisor.exited(b, CRASH)
  await t.rejects(renewed, { code: 'SHARED_PORT_ERR_WORKER_FAILED', message: 'Worker 2 exited with code 1 before it was ready' })
  t.same([a.state, first.worker], ['ready', a])
  t.same(clock.waiting, [], 'it is not replaced: its slot is filled')
})

t.test('if the old worker dies first, the new one takes its place', async t => {
  const { supervisor, clock, spawned, first } = started(1)
  const renewed = supervisor.renew(first)
  const [a, b] = spawned as [FakeWorker, FakeWorker]
  supervisor.exited(a, CRASH)
  t.same(clock.waiting, [], 'one is starting')
  supervisor.ready(b)
  await renewed
  t.equal(first.worker, b)
})

t.test('if both die, the slot is filled again', async t => {
  const { supervisor, clock, spawned, first, last } = started(1)
  const renewed = supervisor.renew(first)
  supervisor.exited(spawned[0] as FakeWorker, CRASH)
  supervisor.exited(spawned[1] as FakeWorker, CRASH)
  await t.rejects(renewed, { code: 'SHARED_PORT_ERR_WORKER_FAILED' })
  clock.advance(clock.waiting[0] as number)
  t.equal(first.worker, last())
})

t.test('a new worker that is abandoned ends, and the caller is told', async t => {
  const { supervisor, spawned, first } = started(1)
  const renewed = supervisor.renew(first)
  supervisor.abandon(first)
  supervisor.abandon(first)
  const [a, b] = spawned as [FakeWorker, FakeWorker]
  t.same(b.child.signals, ['SIGTERM'])
  supervisor.exited(b, { code: null, signal: 'SIGTERM' })
  t.equal(await renewed, 'abandoned')
  t.equal(a.state, 'ready')
})

t.test('renewing a slot again abandons the worker that was starting', async t => {
  const { supervisor, spawned, first } = started(1)
  const former = supervisor.renew(first)
  const latter = supervisor.renew(first)
  const [a, b] = spawned as [FakeWorker, FakeWorker]
  t.same(b.child.signals, ['SIGTERM'])
  t.equal(spawned.length, 2, 'first it has exited')
  supervisor.exited(b, { code: null, signal: 'SIGTERM' })
  t.equal(await former, 'abandoned')
  await new Promise(setImmediate)
  supervisor.ready(spawned[2] as FakeWorker)
  supervisor.exited(a, DONE)
  t.equal(await latter, 'ready')
  t.same(supervisor.workers.map(({ id }) => id), [3])
})

t.test('a slot that is removed before that worker has exited is not renewed', async t => {
  const { supervisor, spawned } = started(2)
  const second = supervisor.slots[1] as Slot
  supervisor.renew(second)
  const renewed = supervisor.renew(second)
  supervisor.scale(1)
  supervisor.exited(spawned[2] as FakeWorker, { code: null, signal: 'SIGTERM' })
  t.equal(await renewed, 'abandoned')
  t.equal(spawned.length, 3)
})

t.test('nothing is renewed during a stop', async t => {
  const { supervisor, spawned, first } = started(1)
  const renewed = supervisor.renew(first)
  const stopped = supervisor.stop(300)
  await t.rejects(supervisor.renew(first), { code: 'SHARED_PORT_ERR_CLOSED' })
  for (const worker of spawned) supervisor.exited(worker, DONE)
  await t.rejects(renewed)
  await stopped
  t.equal(spawned.length, 2)
})

// Crash loops.

t.test('after more crashes than maxRestarts nothing is started any more, and the end is requested once', async t => {
  const { supervisor, clock, spawned, lines, gaveUp, last } = create(2, { maxRestarts: 2 })
  supervisor.start()
  for (const worker of spawned) supervisor.ready(worker)
  supervisor.exited(last(), CRASH)
  clock.advance(100)
  supervisor.ready(last())
  supervisor.exited(spawned[0] as FakeWorker, CRASH)
  t.same([clock.waiting, gaveUp()], [[100], 0])
  supervisor.exited(last(), CRASH)
  t.equal(gaveUp(), 1)
  t.same(clock.waiting, [])
  t.match(lines.filter(({ event }) => event === 'crash-loop'), [{ level: 60, count: 2, within: 10_000 }])
})

t.test('an added worker that fails does not end the others', async t => {
  const { supervisor, gaveUp, last } = create(1, { maxRestarts: 0 })
  supervisor.start()
  supervisor.ready(last())
  const scaled = supervisor.scale(2)
  supervisor.exited(last(), CRASH)
  await t.rejects(scaled, { code: 'SHARED_PORT_ERR_WORKER_FAILED' })
  t.equal(gaveUp(), 0)
  supervisor.scale(2)
  supervisor.ready(last())
  supervisor.exited(last(), CRASH)
  t.equal(gaveUp(), 1, 'once it was ready, it counts')
})

t.test('expected ends do not count as crashes', async t => {
  const { supervisor, clock, gaveUp, last } = create(1, { maxRestarts: 0 })
  supervisor.start()
  for (let i = 0; i < 3; i++) {
    supervisor.ready(last())
    supervisor.drain(last())
    supervisor.exited(last(), DONE)
    clock.advance(100)
  }
  t.equal(gaveUp(), 0)
})

// Events.

t.test('start, ready and exit of each worker are emitted, with how it ended and whether that was expected', async t => {
  const { supervisor, spawned: [a, b], events } = started(2)
  supervisor.exited(a as FakeWorker, KILLED)
  supervisor.drain(b as FakeWorker)
  supervisor.exited(b as FakeWorker, DONE)
  const worker = (id: number): object => ({ id, slot: id, pid: 1000 + id, generation: 0 })
  t.same(events, [
    ['worker-start', worker(1)],
    ['worker-start', worker(2)],
    ['worker-ready', worker(1)],
    ['worker-ready', worker(2)],
    ['worker-exit', { ...worker(1), ...KILLED, asked: false }],
    ['worker-exit', { ...worker(2), ...DONE, asked: true }]
  ])
})

// Scaling.

t.test('scaling up starts the missing workers, and waits until they are ready', async t => {
  const { supervisor, spawned } = started(1)
  const scaled = supervisor.scale(3)
  t.equal(spawned.length, 3)
  supervisor.ready(spawned[1] as FakeWorker)
  t.notOk(await isSettled(scaled))
  supervisor.ready(spawned[2] as FakeWorker)
  await scaled
})

t.test('scaling down drains the newest workers, waits until they have exited, and does not replace them', async t => {
  const { supervisor, clock, spawned, retired } = started(3)
  const scaled = supervisor.scale(1)
  t.same(retired, [[2, GRACE], [3, GRACE]])
  supervisor.exited(spawned[1] as FakeWorker, DONE)
  t.notOk(await isSettled(scaled))
  supervisor.exited(spawned[2] as FakeWorker, DONE)
  await scaled
  t.same(clock.waiting, [])
  t.same(supervisor.workers.map(({ id }) => id), [1])
})

t.test('the newest worker is the one that started last, whatever its slot', async t => {
  const { supervisor, clock, spawned, retired, last } = started(2)
  supervisor.exited(spawned[0] as FakeWorker, CRASH)
  clock.advance(100)
  supervisor.ready(last())
  supervisor.scale(1)
  t.same(retired, [[3, GRACE]])
})

t.test('an empty slot is removed before any worker', async t => {
  const { supervisor, clock, spawned, retired } = started(2)
  supervisor.exited(spawned[0] as FakeWorker, CRASH)
  await supervisor.scale(1)
  t.same([retired, clock.waiting], [[], []])
})

t.test('a slot that is removed while it is renewed takes both of its workers along', async t => {
  const { supervisor, spawned, first } = started(1)
  supervisor.scale(2)
  supervisor.ready(spawned[1] as FakeWorker)
  const second = supervisor.slots[1] as Slot
  const renewed = supervisor.renew(second)
  const scaled = supervisor.scale(1)
  const [a, b, c] = spawned as [FakeWorker, FakeWorker, FakeWorker]
  t.same([a.state, b.state, c.state], ['ready', 'draining', 'draining'])
  supervisor.exited(b, DONE)
  supervisor.exited(c, { code: null, signal: 'SIGTERM' })
  t.equal(await renewed, 'abandoned')
  await scaled
  t.same(supervisor.slots, [first])
})

t.test('if a new worker fails, scale() rejects, and it is not retried: the others are kept', async t => {
  const { supervisor, clock, spawned, first } = started(1)
  const scaled = supervisor.scale(3)
  supervisor.exited(spawned[1] as FakeWorker, CRASH)
  await t.rejects(scaled, { code: 'SHARED_PORT_ERR_WORKER_FAILED' })
  supervisor.ready(spawned[2] as FakeWorker)
  t.same(clock.waiting, [])
  t.same(supervisor.slots.map(({ worker }) => worker?.id), [first.worker?.id, 3])
  t.equal(supervisor.crashes, 0, 'no ready worker has crashed')
})

t.test('a new worker that was ready once is replaced like any other', async t => {
  const { supervisor, clock, spawned } = started(1)
  const scaled = supervisor.scale(2)
  supervisor.ready(spawned[1] as FakeWorker)
  await scaled
  supervisor.exited(spawned[1] as FakeWorker, CRASH)
  clock.advance(100)
  t.equal(spawned.length, 3)
  t.equal(supervisor.crashes, 1)
})

t.test('a restart fills every slot, even if an added worker cannot be started for lack of resources', async t => {
  const lacking = [false, false, false, false, true, false]
  const { supervisor, spawned, last } = create(1, { lacks: () => lacking.shift() ?? false })
  supervisor.start()
  supervisor.ready(last())
  supervisor.scale(3)
  supervisor.restart()
  t.equal(spawned.length, 5)
  t.same(supervisor.slots.map(({ worker }) => worker?.id), [4, 5])
})

t.test('a further call of scale() waits for the workers of the one before, and rejects if they fail', async t => {
  const { supervisor, spawned } = started(1)
  const both = [supervisor.scale(2), supervisor.scale(3)]
  supervisor.ready(spawned[2] as FakeWorker)
  supervisor.exited(spawned[1] as FakeWorker, CRASH)
  await Promise.all(both.map(async scaled => { await t.rejects(scaled, { code: 'SHARED_PORT_ERR_WORKER_FAILED' }) }))
})

t.test('added workers that are not ready are removed before ready ones, so that a failure does not leave the slot without a worker', async t => {
  const { supervisor, clock, spawned, first } = started(1)
  supervisor.exited(spawned[0] as FakeWorker, CRASH)
  supervisor.scale(2)
  supervisor.scale(1)
  t.same(supervisor.slots, [first], 'though it is empty')
  supervisor.exited(spawned[1] as FakeWorker, CRASH)
  clock.advance(100)
  t.equal(first.worker?.id, 3)
})

t.test('the same if a reload has just given a ready slot a new worker', async t => {
  const { supervisor, spawned, first } = started(1)
  supervisor.scale(2)
  supervisor.renew(first)
  supervisor.ready(spawned[2] as FakeWorker)
  supervisor.scale(1)
  t.same(supervisor.slots, [first])
  t.equal(first.worker?.id, 3)
})

// Stopping.

t.test('stop drains all workers and resolves when they have exited', async t => {
  const { supervisor, spawned: [a, b], retired } = started(2)
  const stopped = supervisor.stop(300)
  t.same(retired, [[1, 300], [2, 300]])
  supervisor.exited(a as FakeWorker, DONE)
  t.notOk(await isSettled(stopped), 'one is left')
  supervisor.exited(b as FakeWorker, DONE)
  await stopped
})

t.test('no worker is replaced during a stop', async t => {
  const { supervisor, clock, spawned } = started(2)
  const stopped = supervisor.stop(300)
  supervisor.exited(spawned[0] as FakeWorker, DONE)
  supervisor.exited(spawned[1] as FakeWorker, CRASH)
  await stopped
  t.same(clock.waiting, [])
  clock.advance(100_000)
  t.equal(spawned.length, 2)
})

t.test('a stop cancels a pending replacement', async t => {
  const { supervisor, clock, spawned } = started(1)
  supervisor.exited(spawned[0] as FakeWorker, CRASH)
  t.same(clock.waiting, [100])
  await supervisor.stop(300)
  t.same(clock.waiting, [])
  t.equal(spawned.length, 1)
})

t.test('a stop without any worker resolves', async t => {
  await create(2).supervisor.stop(300)
})

t.test('all calls of stop resolve', async t => {
  const { supervisor, spawned: [a] } = started(1)
  const both = Promise.all([supervisor.stop(300), supervisor.stop(300)])
  supervisor.exited(a as FakeWorker, DONE)
  await both
})

t.test('stop kills a worker that does not exit, and waits for its exit nevertheless', async t => {
  const { supervisor, clock, spawned: [a] } = started(1)
  const stopped = supervisor.stop(300)
  clock.advance(1_300)
  t.same(a?.child.signals, ['SIGKILL'])
  t.notOk(await isSettled(stopped))
  supervisor.exited(a as FakeWorker, { code: null, signal: 'SIGKILL' })
  await stopped
})

t.test('kill ends all workers at once, for good', async t => {
  const { supervisor, clock, spawned } = started(2)
  supervisor.exited(spawned[0] as FakeWorker, CRASH)
  supervisor.kill()
  t.same(spawned.map(({ child }) => child.signals), [[], ['SIGKILL']])
  supervisor.exited(spawned[1] as FakeWorker, { code: null, signal: 'SIGKILL' })
  t.same(clock.waiting, [])
})

// The log.

t.test('an unexpected exit is logged as an error, with the error that the worker reported', async t => {
  const { supervisor, spawned: [a, b], lines } = started(2)
  Object.assign(a as FakeWorker, { failure: { name: 'Error', message: 'no memory' } })
  supervisor.exited(a as FakeWorker, CRASH)
  supervisor.drain(b as FakeWorker)
  supervisor.exited(b as FakeWorker, DONE)
  t.match(lines.filter(({ event }) => event === 'worker-exit'), [
    { level: 50, workerId: 1, workerPid: 1001, code: 1, err: { message: 'no memory' }, msg: 'worker 1 crashed: exited with code 1' },
    { level: 30, workerId: 2, workerPid: 1002, code: 0, msg: 'worker 2 exited with code 0' }
  ])
})

t.test('a SIGKILL from another process may have been the kernel, also during a drain; its own was not', async t => {
  const { supervisor, clock, spawned: [a, b, c], lines } = started(3)
  supervisor.exited(a as FakeWorker, KILLED)
  supervisor.drain(b as FakeWorker)
  supervisor.exited(b as FakeWorker, KILLED)
  supervisor.drain(c as FakeWorker, 0)
  clock.advance(1_000)
  supervisor.exited(c as FakeWorker, KILLED)
  t.same(lines.filter(({ event }) => event === 'worker-exit').map(({ level, msg }) => [level, msg]), [
    [50, 'worker 1 crashed: killed by SIGKILL, possibly by the kernel because memory ran out (see dmesg)'],
    [50, 'worker 2 crashed: killed by SIGKILL, possibly by the kernel because memory ran out (see dmesg)'],
    [30, 'worker 3 was killed by SIGKILL']
  ])
})

t.test('an error that the worker reported and survived is not the cause of its exit', async t => {
  const { supervisor, spawned: [a, b], lines } = started(2)
  for (const worker of [a, b]) Object.assign(worker as FakeWorker, { failure: { name: 'Error', message: 'old news' } })
  supervisor.exited(a as FakeWorker, { code: null, signal: 'SIGKILL' })
  supervisor.drain(b as FakeWorker)
  supervisor.exited(b as FakeWorker, DONE)
  for (const { err } of lines.filter(({ event }) => event === 'worker-exit')) t.equal(err, undefined)
})

t.test('how a process ended is described in words', async t => {
  t.equal(describeEnding({ code: 3, signal: null }), 'exited with code 3')
  t.equal(describeEnding({ code: null, signal: 'SIGKILL' }), 'was killed by SIGKILL')
  t.equal(describeEnding({ code: null, signal: null, error: new Error('spawn EAGAIN') }), 'could not be started (spawn EAGAIN)')
})

// Concurrent operations.

t.test('a crash counts whether or not a successor is starting, and one of an abandoned worker does not', async t => {
  const { supervisor, spawned, gaveUp, clock } = create(1, { maxRestarts: 0 })
  supervisor.start()
  supervisor.ready(spawned[0] as FakeWorker)
  const [first] = supervisor.slots as [Slot]
  const renewed = supervisor.renew(first)
  supervisor.abandon(first)
  supervisor.exited(spawned[1] as FakeWorker, { code: null, signal: 'SIGTERM' })
  t.equal(await renewed, 'abandoned')
  t.equal(gaveUp(), 0)
  supervisor.renew(first).catch(() => {})
  supervisor.exited(spawned[0] as FakeWorker, CRASH)
  t.equal(gaveUp(), 1)
  t.same(clock.waiting, [])
})

t.test('a worker that has closed by itself and exits with 0 has not crashed; with another code it has', async t => {
  const { supervisor, spawned: [a, b], lines } = started(2)
  for (const worker of [a, b]) Object.assign(worker as FakeWorker, { closed: true })
  supervisor.exited(a as FakeWorker, DONE)
  supervisor.exited(b as FakeWorker, CRASH)
  t.same(lines.filter(({ event }) => event === 'worker-exit').map(({ level }) => level), [30, 50])
})

t.test('a renewal that a stop interrupts has not failed', async t => {
  const { supervisor, spawned, first } = started(1)
  const renewed = supervisor.renew(first)
  const stopped = supervisor.stop(0)
  for (const worker of spawned) supervisor.exited(worker, DONE)
  await t.rejects(renewed, { code: 'SHARED_PORT_ERR_CLOSED' })
  await stopped
})

t.test('a renewal that is no longer wanted when its turn comes starts nothing', async t => {
  const { supervisor, spawned, first } = started(1)
  supervisor.renew(first)
  const renewed = supervisor.renew(first, () => false)
  supervisor.exited(spawned[1] as FakeWorker, { code: null, signal: 'SIGTERM' })
  t.equal(await renewed, 'abandoned')
  t.equal(spawned.length, 2)
})

t.test('a slot that waits for its replacement is renewed at once, and with one worker', async t => {
  const { supervisor, spawned, clock, first } = started(1)
  supervisor.exited(spawned[0] as FakeWorker, CRASH)
  t.same(clock.waiting, [100])
  const renewed = supervisor.renew(first)
  t.same(clock.waiting, [])
  supervisor.ready(spawned[1] as FakeWorker)
  t.equal(await renewed, 'ready')
  t.equal(first.worker, spawned[1])
})
