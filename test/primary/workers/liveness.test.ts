import t from 'tap'
import { Liveness } from '../../../lib/primary/workers/liveness.js'
import type { WorkerHandle } from '../../../lib/primary/workers/worker-handle.js'
import { createLog, FakeClock, FakeWorker } from '../../fakes.js'

const TIMEOUT = 10_000

/** A watch over one worker, and what it reported. */
function create (timeout = TIMEOUT) {
  const clock = new FakeClock()
  const { log, lines } = createLog()
  const hung: number[] = []
  const stalled: number[] = []
  /** Workers whose pulses are unread in the channel. */
  const unread: FakeWorker[] = []
  const output = { waits: false }
  const worker = new FakeWorker(1)
  const liveness = new Liveness({
    timeout,
    hung: ({ id }: WorkerHandle) => { hung.push(id) },
    held: () => output.waits,
    whenRead (run) {
      for (const worker of unread.splice(0)) liveness.pulse(worker)
      run()
    },
    emit (_name, ...[payload]) { stalled.push((payload as { silence: number }).silence) },
    clock,
    log
  })
  liveness.watch(worker)
  return {
    clock,
    hung,
    stalled,
    worker,
    liveness,
    unread,
    output,
    events: () => lines.map(({ event, level, silence }) => [event, level, silence]),
    /** Sends a pulse in each of this many seconds. */
    pulse (seconds: number) {
      for (let i = 0; i < seconds; i++) {
        clock.advance(1_000)
        liveness.pulse(worker)
      }
    }
  }
}

t.test('a worker that sends pulses is left alone', async t => {
  const { pulse, hung, stalled } = create()
  pulse(100)
  t.same([hung, stalled], [[], []])
})

t.test('a worker without pulses stalls after 3 seconds and hangs after the timeout, once each', async t => {
  const { clock, hung, stalled, events } = create()
  clock.advance(2_999)
  t.same(stalled, [])
  clock.advance(1)
  t.same(stalled, [3_000])
  clock.advance(TIMEOUT - 3_001)
  t.same(hung, [])
  clock.advance(1)
  t.same(hung, [1])
  t.same(events(), [['stalled', 40, 3_000], ['worker-hung', 50, TIMEOUT]])
  clock.advance(100_000)
  t.same([hung, stalled], [[1], [3_000]])
})

t.test('a worker that recovers may stall again', async t => {
  const { clock, liveness, worker, hung, events } = create()
  clock.advance(5_400)
  liveness.pulse(worker)
  clock.advance(4_000)
  t.same(events(), [['stalled', 40, 3_000], ['stalled', 40, 3_600]])
  t.same(hung, [])
})

t.test('with a timeout below 3 seconds, a worker stalls and hangs at once', async t => {
  const { clock, events } = create(2_000)
  clock.advance(2_000)
  t.same(events(), [['stalled', 40, 2_000], ['worker-hung', 50, 2_000]])
})

t.test('without a timeout no worker hangs, and stalls are reported nevertheless', async t => {
  const { clock, hung, stalled } = create(0)
  clock.advance(1_000_000)
  t.same([hung, stalled], [[], [3_000]])
})

t.test('after a jump of the clock no worker is killed: all timers start again', async t => {
  const { clock, hung, stalled } = create()
  clock.advance(5_000)
  clock.jump(1_000_000)
  t.same([hung, stalled], [[], [3_000]])
  clock.advance(TIMEOUT - 1)
  t.same(hung, [])
  clock.advance(1)
  t.same(hung, [1], 'and no more than that')
})

t.test('a block of this process of a second or longer does not count against any worker', async t => {
  const { clock, hung } = create(2_000)
  for (let i = 0; i < 10; i++) {
    clock.jump(2_000) // a check that is a second late
    clock.advance(500)
  }
  t.same(hung, [])
})

t.test('a block of this process that begins right after a check, and delays the next one by less than a second, does not count either', async t => {
  for (let phase = 0; phase < 1_000; phase += 50) {
    const { clock, worker, unread, hung, pulse } = create(2_000)
    pulse(5)
    clock.advance(phase)
    unread.push(worker) // it sends a pulse, which is not read
    clock.jump(1_930)
    t.same(hung, [], `${phase} ms after a look`)
  }
})

t.test('a worker that a debugger may be holding is left alone', async t => {
  const { clock, worker, hung, stalled } = create()
  worker.debugged = true
  clock.advance(100_000)
  t.same([hung, stalled], [[], []])
})

t.test('an exited worker is no longer checked, and the timer ends with the last one', async t => {
  const { clock, liveness, worker, hung } = create()
  liveness.watch(new FakeWorker(2))
  liveness.forget(worker)
  clock.advance(TIMEOUT)
  t.same(hung, [2])
  t.same(clock.waiting, [])
  liveness.watch(worker)
  t.same(clock.waiting, [1_000], 'and again with the next')
  liveness.stop()
  t.same(clock.waiting, [])
})

t.test('a pulse of a worker that is not watched is ignored', async t => {
  const { liveness, clock, hung } = create()
  liveness.pulse(new FakeWorker(2))
  clock.advance(TIMEOUT)
  t.same(hung, [1])
})

t.test('a worker that may be blocked by its output is left alone, and its timer starts again afterwards', async t => {
  const { clock, hung, stalled, output } = create()
  output.waits = true
  clock.advance(10 * TIMEOUT)
  t.same([hung, stalled], [[], []])
  output.waits = false
  clock.advance(TIMEOUT - 1_000)
  t.same(hung, [])
  clock.advance(1_000)
  t.same(hung, [1])
})
