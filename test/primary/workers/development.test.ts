import t from 'tap'
import { Development } from '../../../lib/primary/workers/development.js'
import { Restarts } from '../../../lib/primary/workers/restarts.js'
import { Reload } from '../../../lib/primary/workers/reload.js'
import { Supervisor } from '../../../lib/primary/workers/supervisor.js'
import { createLog, FakeClock, FakeWorker } from '../../fakes.js'

const DONE = { code: 0, signal: null }
const CRASH = { code: 1, signal: null }
const TERMINATED = { code: null, signal: 'SIGTERM' } as const

/** This many started workers, and the parts that restart them, wired as in lib/primary.ts. */
function create (count = 1, { maxRestarts = undefined as number | undefined } = {}) {
  const { log, lines } = createLog()
  const spawned: FakeWorker[] = []
  const retired: Array<[id: number, hasty: boolean]> = []
  const refusals: Array<string | undefined> = []
  const clock = new FakeClock()
  let gaveUp = false
  const supervisor: Supervisor = new Supervisor({
    count,
    grace: 1_000,
    bootTimeout: 5_000,
    spawn (generation) {
      const worker = new FakeWorker(spawned.length + 1, generation)
      spawned.push(worker)
      return worker
    },
    retire (worker, _grace, hasty) { retired.push([worker.id, hasty]) },
    onFailed (failure) { development.failed(failure) },
    restarts: new Restarts({ ...(maxRestarts !== undefined && { count: maxRestarts }), within: 1_000 }, clock),
    onCrashLoop () { gaveUp = true },
    emit () {},
    clock,
    log
  })
  const development = new Development({
    nextGeneration: () => ++supervisor.generation,
    restart: () => { supervisor.restart() },
    hasWorkers: () => supervisor.slots.some(({ worker, successor }) => worker !== undefined || successor !== undefined),
    refuse (failure) { refusals.push(failure?.message) },
    log
  })
  supervisor.start()
  const worker = (id: number): FakeWorker => spawned[id - 1] as FakeWorker
  return {
    supervisor,
    development,
    spawned,
    retired,
    refusals,
    clock,
    log,
    worker,
    gaveUp: () => gaveUp,
    ready (...ids: number[]) {
      for (const id of ids) {
        supervisor.ready(worker(id))
        development.ready()
      }
    },
    states: () => Object.fromEntries(supervisor.workers.map(({ id, state }) => [id, state])),
    events: (...names: string[]) => lines.filter(({ event }) => names.includes(event as string)),
    settle: async () => { await new Promise(setImmediate) }
  }
}

t.test('a restart takes all workers out of the schedule at once, and starts the new ones beside them', async t => {
  const { development, ready, states, retired, supervisor, events } = create(2)
  ready(1, 2)
  development.restart(['app.js'])
  t.same(states(), { 1: 'draining', 2: 'draining', 3: 'starting', 4: 'starting' })
  t.same(retired, [[1, true], [2, true]], 'in haste')
  ready(3, 4)
  t.same(supervisor.slots.map(({ worker, place }) => [worker?.id, worker?.generation, place]), [[3, 1, 0], [4, 1, 1]])
  t.match(events('restart'), [{ level: 30, generation: 1, changed: ['app.js'], msg: 'restart 1: app.js changed' }])
})

t.test('the log line names three files, and how many more there are', async t => {
  const { development, events } = create()
  development.restart(['a', 'b', 'c', 'd', 'e'])
  t.equal(events('restart')[0]?.msg, 'restart 1: a, b, c and 2 more changed')
})

t.test('a change during a restart abandons the starting workers, and the last change counts', async t => {
  const { development, supervisor, worker, ready, states, refusals } = create()
  ready(1)
  development.restart(['app.js'])
  development.restart(['app.js'])
  t.same(states(), { 1: 'draining', 2: 'draining', 3: 'starting' })
  t.same(worker(2).child.signals, ['SIGTERM'])
  supervisor.exited(worker(2), TERMINATED)
  supervisor.exited(worker(1), DONE)
  ready(3)
  t.same(states(), { 3: 'ready' })
  t.same(refusals, [], 'no client was refused')
})

t.test('a worker that fails before it is ready is not retried, and all clients get the reason', async t => {
  const { supervisor, worker, states, clock, refusals, events } = create()
  supervisor.exited(worker(1), CRASH)
  clock.advance(100_000)
  t.same(states(), {})
  t.same(refusals, ['Worker 1 exited with code 1 before it was ready'])
  t.match(events('restart-failed'), [{ level: 40 }])
})

t.test('the next change starts workers again, and no client is refused from then on', async t => {
  const { development, supervisor, worker, ready, states, refusals } = create()
  supervisor.exited(worker(1), CRASH)
  development.restart(['app.js'])
  t.same([refusals.length, refusals.at(-1)], [2, undefined])
  ready(2)
  t.same(states(), { 2: 'ready' })
})

t.test('a worker that exceeds bootTimeout has failed too', async t => {
  const { supervisor, worker, clock, refusals } = create()
  clock.advance(5_000)
  t.same(worker(1).child.signals, ['SIGKILL'])
  supervisor.exited(worker(1), { code: null, signal: 'SIGKILL' })
  t.same(refusals, ['Worker 1 was killed by SIGKILL before it was ready'])
})

t.test('while another worker is starting or ready, one that fails causes no refusals', async t => {
  const { supervisor, worker, ready, refusals } = create(3)
  supervisor.exited(worker(1), CRASH)
  ready(2)
  supervisor.exited(worker(3), CRASH)
  t.same(refusals, [])
})

t.test('a worker that crashes after it was ready is replaced', async t => {
  const { supervisor, worker, ready, states, clock, refusals } = create()
  ready(1)
  supervisor.exited(worker(1), CRASH)
  clock.advance(100)
  t.same(states(), { 2: 'starting' })
  t.same(refusals, [])
})

t.test('a pending replacement is not started in addition when a file changes', async t => {
  const { development, supervisor, worker, ready, spawned, clock } = create()
  ready(1)
  supervisor.exited(worker(1), CRASH)
  development.restart(['app.js'])
  clock.advance(100_000)
  t.equal(spawned.length, 2)
})

t.test('only a worker that would be replaced counts as crashed', async t => {
  const { development, supervisor, worker, ready, gaveUp } = create(1, { maxRestarts: 0 })
  supervisor.exited(worker(1), CRASH)
  t.notOk(gaveUp())
  development.restart(['app.js'])
  ready(2)
  supervisor.exited(worker(2), CRASH)
  t.ok(gaveUp())
})

t.test('a restart aborts a reload', async t => {
  const { development, supervisor, worker, ready, states, settle, log, events } = create()
  const reload = new Reload({
    concurrency: 1,
    nextGeneration: () => ++supervisor.generation,
    slots: () => supervisor.slots,
    renew: async (slot, wanted) => await supervisor.renew(slot, wanted),
    abandon: slot => { supervisor.abandon(slot) },
    emit () {},
    log
  })
  ready(1)
  const reloaded = reload.run()
  await settle()
  development.restart(['app.js'])
  t.same(states(), { 1: 'draining', 2: 'draining', 3: 'starting' })
  supervisor.exited(worker(2), TERMINATED)
  supervisor.exited(worker(1), DONE)
  await reloaded
  ready(3)
  t.same(states(), { 3: 'ready' })
  t.equal(events('reload-aborted').length, 0)
})

t.test('a reload of an app that does not start retries it, and its ready worker ends the refusals', async t => {
  const { supervisor, worker, ready, refusals } = create()
  supervisor.exited(worker(1), CRASH)
  const [slot] = supervisor.slots
  const renewed = supervisor.renew(slot as NonNullable<typeof slot>)
  t.same(refusals.length, 1)
  ready(2)
  t.equal(await renewed, 'ready')
  t.same([refusals.length, refusals.at(-1)], [2, undefined])
})

t.test('a worker that ends during a stop has not failed', async t => {
  const { supervisor, worker, refusals } = create()
  const stopped = supervisor.stop(0)
  supervisor.exited(worker(1), TERMINATED)
  await stopped
  t.same(refusals, [])
})
