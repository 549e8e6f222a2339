import t from 'tap'
import { AppMetrics } from '../../../lib/primary/insight/app-metrics.js'
import type { WorkerHandle } from '../../../lib/primary/workers/worker-handle.js'
import type { ToPrimary } from '../../../lib/protocol.js'

const answer: Extract<ToPrimary, { type: 'metrics' }> = { type: 'metrics', metrics: 'packed' }

function listening () {
  const measured: number[] = []
  const metrics = new AppMetrics()
  metrics.listener = { measured (id) { measured.push(id) }, gone () {} }
  return { metrics, measured }
}

const asWorker = (id: number): WorkerHandle => ({ id, tell () {} } as Partial<WorkerHandle> as WorkerHandle)

t.test('a worker that is not asked may send its metrics once, when it exits', async t => {
  const { metrics, measured } = listening()
  const [first, second] = [asWorker(1), asWorker(2)]
  for (let i = 0; i < 1_000; i++) for (const worker of [first, second]) metrics.answered(worker, answer)
  t.same(measured, [1, 2])
})

t.test('a worker that is asked may answer once, and send its last metrics', async t => {
  const { metrics, measured } = listening()
  const worker = asWorker(1)
  for (const id of [1, 2, 3]) {
    const asked = metrics.ask([worker], 60_000)
    metrics.answered(worker, { ...answer, id })
    t.equal(await asked, 0)
  }
  for (let i = 0; i < 1_000; i++) metrics.answered(worker, answer)
  t.equal(measured.length, 4)
})

t.test('a worker that was blocked during many scrapes may answer some of them', async t => {
  const { metrics, measured } = listening()
  const worker = asWorker(1)
  for (let scrape = 0; scrape < 10; scrape++) t.equal(await metrics.ask([worker], 0), 1)
  for (let id = 1; id <= 10; id++) metrics.answered(worker, { ...answer, id })
  t.equal(measured.length, 4)
})
