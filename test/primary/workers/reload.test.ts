import t from 'tap'
import { Reload } from '../../../lib/primary/workers/reload.js'
import type { Slot } from '../../../lib/primary/workers/slots.js'
import { FakeWorker } from '../../fakes.js'
import { supervise } from './supervised.js'

const DONE = { code: 0, signal: null }
const CRASH = { code: 1, signal: null }

/** This many ready workers, and what reloads them. */
function create (count: number, concurrency = 1) {
  const { supervisor, spawned, clock, log, lines } = supervise(count)
  const emitted: string[] = []
  const reload = new Reload({
    concurrency,
    nextGeneration: () => ++supervisor.generation,
    slots: () => supervisor.slots,
    renew: async (slot, wanted) => await supervisor.renew(slot, wanted),
    abandon: slot => { supervisor.abandon(slot) },
    emit (name, ..._payload) { emitted.push(name) },
    log
  })
  supervisor.start()
  for (const worker of spawned) supervisor.ready(worker)
  return {
    supervisor,
    reload,
    spawned,
    clock,
    emitted,
    worker: (id: number) => spawned[id - 1] as FakeWorker,
    events: () => lines.map(({ event }) => event).filter(event => event?.startsWith('reload')),
    /** The states of all living workers, by id. */
    states: () => Object.fromEntries(supervisor.workers.map(({ id, state }) => [id, state])),
    /** Lets everything happen that follows from the last step. */
    settle: async () => { await new Promise(setImmediate) }
  }
}

t.test('workers are replaced one after another, and there are never fewer ready than before', async t => {
  const { reload, supervisor, worker, states, settle, events } = create(2)
  const reloaded = reload.run()
  await settle()
  t.same(states(), { 1: 'ready', 2: 'ready', 3: 'starting' })
  supervisor.ready(worker(3))
  await settle()
  t.same(states(), { 1: 'draining', 2: 'ready', 3: 'ready' }, 'one at a time')
  supervisor.exited(worker(1), DONE)
  await settle()
  t.same(states(), { 2: 'ready', 3: 'ready', 4: 'starting' })
  supervisor.ready(worker(4))
  supervisor.exited(worker(2), DONE)
  await reloaded
  t.same(supervisor.workers.map(({ generation }) => generation), [1, 1])
  t.same(events(), ['reload-start', 'reload-end'])
})

t.test('as many are replaced at a time as the concurrency allows', async t => {
  const { reload, states, settle } = create(3, 2)
  reload.run()
  await settle()
  t.same(states(), { 1: 'ready', 2: 'ready', 3: 'ready', 4: 'starting', 5: 'starting' })
})

t.test('a new worker that fails aborts the reload: the old workers stay, the new ones end', async t => {
  const { reload, supervisor, worker, states, settle, events } = create(3, 2)
  const reloaded = reload.run()
  await settle()
  supervisor.exited(worker(4), CRASH)
  await settle()
  t.same(worker(5).child.signals, ['SIGTERM'])
  supervisor.exited(worker(5), { code: null, signal: 'SIGTERM' })
  await t.rejects(reloaded, { code: 'SHARED_PORT_ERR_WORKER_FAILED', message: 'Worker 4 exited with code 1 before it was ready' })
  t.same(states(), { 1: 'ready', 2: 'ready', 3: 'ready' })
  t.same(events(), ['reload-start', 'reload-aborted'])
})

t.test('after an aborted reload the next one works', async t => {
  const { reload, supervisor, worker, settle } = create(1)
  const failed = reload.run()
  await settle()
  supervisor.exited(worker(2), CRASH)
  await t.rejects(failed)
  const reloaded = reload.run()
  await settle()
  supervisor.ready(worker(3))
  supervisor.exited(worker(1), DONE)
  await reloaded
  t.same(supervisor.workers.map(({ generation }) => generation), [2])
})

t.test('if it is called again meanwhile, it starts over with the newest generation, and both calls end with that', async t => {
  const { reload, supervisor, worker, states, settle, events } = create(2)
  const first = reload.run()
  await settle()
  supervisor.ready(worker(3))
  supervisor.exited(worker(1), DONE)
  await settle()
  t.same(states(), { 2: 'ready', 3: 'ready', 4: 'starting' })
  const second = reload.run()
  t.same(worker(4).child.signals, ['SIGTERM'], 'it is out of date before it is ready')
  supervisor.exited(worker(4), { code: null, signal: 'SIGTERM' })
  for (const [born, gone] of [[5, 3], [6, 2]] as const) {
    await settle()
    supervisor.ready(worker(born))
    supervisor.exited(worker(gone), DONE)
  }
  await Promise.all([first, second])
  t.same(supervisor.workers.map(({ id, generation }) => [id, generation]), [[5, 2], [6, 2]])
  t.same(events(), ['reload-start', 'reload-end'])
})

t.test('a starting worker of an earlier generation is abandoned for one of the new generation', async t => {
  const { reload, supervisor, worker, settle, events } = create(1)
  const recycled = supervisor.renew(supervisor.slots[0] as Slot)
  const reloaded = reload.run()
  await settle()
  t.same(worker(2).child.signals, ['SIGTERM'])
  supervisor.exited(worker(2), { code: null, signal: 'SIGTERM' })
  t.equal(await recycled, 'abandoned')
  await settle()
  supervisor.ready(worker(3))
  supervisor.exited(worker(1), DONE)
  await reloaded
  t.same(supervisor.workers.map(({ id, generation }) => [id, generation]), [[3, 1]])
  t.same(events(), ['reload-start', 'reload-end'])
})

t.test('if it is called while a failed reload is ending, it is a reload of its own', async t => {
  const { reload, supervisor, worker, settle, events, emitted } = create(2, 2)
  const failed = reload.run()
  await settle()
  supervisor.exited(worker(3), CRASH)
  await settle()
  const reloaded = reload.run()
  supervisor.exited(worker(4), { code: null, signal: 'SIGTERM' })
  await t.rejects(failed, { code: 'SHARED_PORT_ERR_WORKER_FAILED' })
  await settle()
  for (const id of [5, 6]) supervisor.ready(worker(id))
  for (const id of [1, 2]) supervisor.exited(worker(id), DONE)
  await reloaded
  t.same(supervisor.workers.map(({ id, generation }) => [id, generation]), [[5, 2], [6, 2]])
  t.same(events(), ['reload-start', 'reload-aborted', 'reload-start', 'reload-end'])
  t.same(emitted.filter(name => name.startsWith('reload')), events())
})

t.test('a worker that dies meanwhile is replaced by the newest generation, and not once more', async t => {
  const { reload, supervisor, worker, clock, settle, spawned } = create(2)
  const reloaded = reload.run()
  await settle()
  supervisor.exited(worker(2), CRASH)
  clock.advance(100)
  supervisor.ready(worker(4))
  supervisor.ready(worker(3))
  supervisor.exited(worker(1), DONE)
  await reloaded
  t.same(supervisor.workers.map(({ id, generation }) => [id, generation]), [[3, 1], [4, 1]])
  t.equal(spawned.length, 4)
})

t.test('scaling down meanwhile also ends the new worker of the slot, and aborts nothing', async t => {
  const { reload, supervisor, worker, settle, events } = create(2, 2)
  const reloaded = reload.run()
  await settle()
  supervisor.scale(1)
  supervisor.exited(worker(2), DONE)
  supervisor.exited(worker(4), { code: null, signal: 'SIGTERM' })
  await settle()
  supervisor.ready(worker(3))
  supervisor.exited(worker(1), DONE)
  await reloaded
  t.same(events(), ['reload-start', 'reload-end'])
})

t.test('a stop meanwhile ends the reload', async t => {
  const { reload, supervisor, spawned, settle } = create(2)
  const reloaded = reload.run()
  await settle()
  const stopped = supervisor.stop(0)
  for (const worker of spawned) supervisor.exited(worker, DONE)
  await stopped
  await t.rejects(reloaded, { code: 'SHARED_PORT_ERR_CLOSED' })
  t.equal(spawned.length, 3)
})

t.test('a slot whose worker has crashed has a new one before the reload ends', async t => {
  const { reload, supervisor, worker, settle, events } = create(1)
  supervisor.exited(worker(1), CRASH)
  const reloaded = reload.run()
  await settle()
  t.same(events(), ['reload-start'])
  supervisor.ready(worker(2))
  await reloaded
  t.same(supervisor.workers.map(({ id, generation }) => [id, generation]), [[2, 1]])
})

for (let ticks = 0; ticks < 12; ticks++) {
  t.test(`if it is called ${ticks} ticks after the last old worker has exited, it replaces all once more`, async t => {
    const { reload, supervisor, worker, settle } = create(1)
    const first = reload.run()
    await settle()
    supervisor.ready(worker(2))
    supervisor.exited(worker(1), DONE)
    for (let i = 0; i < ticks; i++) await Promise.resolve()
    const second = reload.run()
    await settle()
    supervisor.ready(worker(3))
    supervisor.exited(worker(2), DONE)
    await Promise.all([first, second])
    t.same(supervisor.workers.map(({ id, generation }) => [id, generation]), [[3, 2]])
  })
}
