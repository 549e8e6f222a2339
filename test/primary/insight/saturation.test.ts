import t from 'tap'
import { Saturation } from '../../../lib/primary/insight/saturation.js'
import type { SaturationOptions } from '../../../types/index.js'
import { createLog, FakeWorker } from '../../fakes.js'

function create (limits: SaturationOptions) {
  const { log, lines } = createLog()
  const changed: boolean[] = []
  const saturation = new Saturation({ limits, log })
  const worker = new FakeWorker(1)
  worker.watch(() => { changed.push(worker.saturated) })
  return {
    lines,
    changed,
    /** Whether the worker is saturated after a second like this. */
    after (utilization: number, delay: number) {
      Object.assign(worker, { utilization, delay })
      saturation.pulse(worker)
      return worker.saturated
    }
  }
}

t.test('without limits no worker is ever saturated', async t => {
  for (const limits of [{}, { utilization: undefined, delay: undefined }] as SaturationOptions[]) {
    const { after, changed, lines } = create(limits)
    t.equal(after(1, 100_000), false)
    t.same([changed, lines], [[], []])
  }
})

t.test('a worker is saturated from the limit on, until it is a tenth below it', async t => {
  const { after, changed } = create({ utilization: 0.8 })
  t.same([0.79, 0.8, 0.79, 0.73, 0.71, 0.79, 0.9].map(utilization => after(utilization, 1_000)), [false, true, true, true, false, false, true])
  t.same(changed, [true, false, true])
})

t.test('reaching one limit is enough, and both have to be left', async t => {
  const { after } = create({ utilization: 0.8, delay: 100 })
  t.equal(after(0.1, 100), true)
  t.equal(after(0.9, 0), true)
  t.equal(after(0, 95), true)
  t.equal(after(0.75, 0), true)
  t.equal(after(0.7, 89), false)
  t.equal(after(0.8, 0), true)
})

t.test('the reason is logged at debug level', async t => {
  const { after, lines } = create({ utilization: 0.8, delay: 100 })
  after(0.9, 20)
  after(0.9, 20)
  after(0.1, 20)
  after(0.1, 120)
  t.match(lines, [
    { event: 'saturated', level: 20, workerId: 1, workerPid: 1001, utilization: 0.9, delay: 20, reason: 'utilization', msg: 'worker 1 is saturated: its utilization is over the limit' },
    { event: 'saturation-end', level: 20, workerId: 1, workerPid: 1001, utilization: 0.1, delay: 20, msg: 'worker 1 is no longer saturated' },
    { event: 'saturated', reason: 'delay' }
  ])
  t.equal(lines.length, 3)
})
