import t from 'tap'
import { LaneWatch } from '../../../lib/primary/workers/lane-watch.js'
import { connections, FakeWorker } from '../../fakes.js'

/** A watch over one worker. `pulse` delivers this many pulses, each read by itself. */
function create (timeout: number) {
  const worker = new FakeWorker(1)
  const lost: number[] = []
  const reading: Array<() => void> = []
  const watch = new LaneWatch({ timeout, lost: (_worker, patience) => { lost.push(patience) }, whenRead: run => { reading.push(run) } })
  const read = (): void => { for (const run of reading.splice(0)) run() }
  const pulse = (count: number): void => {
    for (let i = 0; i < count; i++) {
      watch.pulse(worker)
      read()
    }
  }
  return { worker, lost, watch, read, pulse }
}

t.test('a worker that acks, or has nothing to ack, is left alone', async t => {
  const { worker, lost, pulse } = create(3_000)
  pulse(10)
  for (let i = 0; i < 10; i++) {
    worker.send('key', connections('a'), 0)
    pulse(3)
    worker.settle(worker.ack())
    pulse(1)
  }
  t.same(lost, [])
})

t.test('a worker that pulses and does not ack what it was sent has lost its lane', async t => {
  const { worker, lost, pulse } = create(3_000)
  pulse(10)
  worker.send('key', connections('a'), 0)
  pulse(3)
  t.same(lost, [])
  pulse(1)
  t.same(lost, [3_000])
})

t.test('a worker that pulses and does not ack a probe has lost its lane', async t => {
  const { worker, lost, pulse } = create(3_000)
  worker.send('key', connections('a'), 0)
  pulse(3)
  worker.takeBack()
  pulse(3)
  t.same(lost, [], 'the probe has its own time')
  pulse(1)
  t.same(lost, [3_000])
})

t.test('a worker that does not pulse is left alone, for any time', async t => {
  const { worker, lost, pulse, read } = create(2_000)
  worker.send('key', connections('a'), 0)
  pulse(2)
  for (let i = 0; i < 100; i++) read()
  t.same(lost, [])
})

t.test('pulses that arrived while the primary did not run count as one, and an ack among them counts', async t => {
  const { worker, lost, watch, read, pulse } = create(2_000)
  worker.send('key', connections('a'), 0)
  pulse(1)
  for (let i = 0; i < 100; i++) watch.pulse(worker)
  read()
  t.same(lost, [])
  for (let i = 0; i < 100; i++) watch.pulse(worker)
  worker.settle(worker.ack())
  read()
  t.same(lost, [])
})

t.test('with livenessTimeout 0, the default of that option is the limit', async t => {
  const { worker, lost, pulse } = create(0)
  worker.send('key', connections('a'), 0)
  pulse(30)
  t.same(lost, [])
  pulse(1)
  t.same(lost, [30_000])
})
