import { once } from 'node:events'
import type { Worker } from 'node:worker_threads'
import t from 'tap'
import { Metrics } from '../../lib/admin/metrics.js'
import type { Operable } from '../../lib/admin/operable.js'
import { createLog } from '../fakes.js'

const alive = setInterval(() => {}, 1_000) // as the primary's ports are: the thread keeps no process alive
t.teardown(() => { clearInterval(alive) })

/** A primary whose workers answer when the test says so. */
function create () {
  const { log, lines } = createLog()
  let answer: () => void = () => {}
  const metrics = new Metrics({
    log,
    onMetrics () {},
    askForMetrics: async () => await new Promise<number>(resolve => { answer = () => { resolve(0) } })
  } as Partial<Operable> as Operable)
  return { metrics, lines, answer: () => { answer() } }
}

t.test('a thread that dies is told of, in the log and to who waits', async t => {
  const { metrics, lines, answer } = create()
  const started = once(process, 'worker') as Promise<[Worker]>
  const text = t.rejects(metrics.text(), { message: 'the thread that puts metrics together has ended' })
  const [thread] = await started
  await thread.terminate()
  answer()
  await text
  t.match(lines, [{ level: 40, event: 'metrics-error', err: { message: 'the thread that puts metrics together has ended' } }])
})

t.test('one that is closed is no failure', async t => {
  const { metrics, lines, answer } = create()
  const text = t.rejects(metrics.text())
  await metrics.close()
  answer()
  await text
  t.same(lines, [])
})
