import t from 'tap'
import { SlotRestart } from '../../../lib/primary/workers/slot-restart.js'
import type { Slot } from '../../../lib/primary/workers/slots.js'
import { FakeWorker } from '../../fakes.js'
import { supervise } from './supervised.js'

const DONE = { code: 0, signal: null }
const CRASH = { code: 1, signal: null }
const BUSY = 'SHARED_PORT_ERR_SLOT_BUSY'

/** This many ready workers, and what restarts their slots. */
function create (count: number) {
  const { supervisor, spawned, clock, log, lines } = supervise(count)
  let reloading = false
  const restart = new SlotRestart({
    slots: () => supervisor.slots,
    renew: async slot => await supervisor.renew(slot),
    reloading: () => reloading,
    log
  })
  supervisor.start()
  for (const worker of spawned) supervisor.ready(worker)
  return {
    supervisor,
    restart,
    clock,
    worker: (id: number) => spawned[id - 1] as FakeWorker,
    slot: (place: number) => supervisor.slots[place] as Slot,
    states: () => Object.fromEntries(supervisor.workers.map(({ id, state }) => [id, state])),
    events: () => lines.map(({ event, level }) => [event, level]).filter(([event]) => String(event).startsWith('slot-')),
    reloads: () => { reloading = true },
    settle: async () => { await new Promise(setImmediate) }
  }
}

t.test('the new worker is ready before the old one drains, and the others stay', async t => {
  const { restart, supervisor, worker, states, settle, events } = create(2)
  const restarted = restart.run(1)
  await settle()
  t.same(states(), { 1: 'ready', 2: 'ready', 3: 'starting' })
  supervisor.ready(worker(3))
  t.same(states(), { 1: 'ready', 2: 'draining', 3: 'ready' })
  await t.rejects(restart.run(1), { code: BUSY, message: 'Slot 1 cannot be restarted: its worker is being replaced already' }, 'until the old one has exited')
  supervisor.exited(worker(2), DONE)
  await restarted
  t.same(states(), { 1: 'ready', 3: 'ready' })
  t.same(events(), [['slot-restart', 30]])
  const again = restart.run(1)
  await settle()
  supervisor.ready(worker(4))
  supervisor.exited(worker(3), DONE)
  await again
})

t.test('a new worker that fails leaves the old one', async t => {
  const { restart, supervisor, worker, states, settle, events } = create(1)
  const restarted = restart.run(0)
  await settle()
  supervisor.exited(worker(2), CRASH)
  await t.rejects(restarted, { code: 'SHARED_PORT_ERR_WORKER_FAILED', message: 'Worker 2 exited with code 1 before it was ready' })
  t.same(states(), { 1: 'ready' })
  t.same(events(), [['slot-restart', 30], ['slot-restart-failed', 50]])
})

t.test('an unknown slot is named, with those that exist', async t => {
  const { restart, supervisor } = create(4)
  for (const wrong of [4, -1, 1.5, NaN]) await t.rejects(restart.run(wrong), { code: 'SHARED_PORT_ERR_SLOT', message: `There is no slot ${wrong}: the slots are 0 to 3` })
  supervisor.slots[1]!.worker = undefined as never // so that it goes first
  supervisor.scale(3)
  await t.rejects(restart.run(1), { message: 'There is no slot 1: the slots are 0, 2, 3' })
})

t.test('a slot is not restarted during a reload, while its worker starts, or while it is being recycled', async t => {
  const { restart, supervisor, slot, worker, settle, reloads } = create(2)
  supervisor.renew(slot(0)).catch(() => {})
  await settle()
  await t.rejects(restart.run(0), { code: BUSY, message: /being replaced already/ })
  supervisor.scale(3).catch(() => {})
  await t.rejects(restart.run(2), { code: BUSY, message: 'Slot 2 cannot be restarted: its worker 4 is still starting' })
  t.equal(worker(4).state, 'starting')
  reloads()
  await t.rejects(restart.run(1), { code: BUSY, message: 'Slot 1 cannot be restarted: a reload is replacing all workers' })
})

t.test('the slot of a crashed worker does not wait for its delay', async t => {
  const { restart, supervisor, worker, states, settle } = create(1)
  supervisor.exited(worker(1), CRASH)
  const restarted = restart.run(0)
  await settle()
  t.same(states(), { 2: 'starting' })
  supervisor.ready(worker(2))
  await restarted
  t.same(states(), { 2: 'ready' })
})

t.test('a reload or a stop that comes first ends the restart', async t => {
  const { restart, supervisor, slot, worker, settle, events } = create(2)
  const overtaken = restart.run(0)
  const stopped = restart.run(1)
  await settle()
  supervisor.abandon(slot(0))
  supervisor.exited(worker(3), { code: null, signal: 'SIGTERM' })
  await t.rejects(overtaken, { code: BUSY, message: /came first$/ })
  supervisor.stop(1_000)
  supervisor.exited(worker(4), { code: null, signal: 'SIGTERM' })
  await t.rejects(stopped, { code: 'SHARED_PORT_ERR_CLOSED' })
  t.same(events().slice(2), [['slot-restart-failed', 30], ['slot-restart-failed', 30]])
})
