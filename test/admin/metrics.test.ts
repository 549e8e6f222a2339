import { Worker } from 'node:worker_threads'
import t, { type Test } from 'tap'
import { Metrics } from '../../lib/admin/metrics.js'
import type { Operable } from '../../lib/admin/operable.js'
import type { MetricsListener } from '../../lib/primary/insight/app-metrics.js'
import { createLog } from '../fakes.js'

const ENDED = 'the metrics thread has exited; the next scrape starts a new one'

/** Metrics with a thread that does nothing, and a primary whose workers answer when the test says so. */
function scraped (t: Test) {
  const { log, lines } = createLog()
  const thread = new Worker('setInterval(() => {}, 1_000)', { eval: true, execArgv: [] })
  const alive = setInterval(() => {}, 1_000) // the thread does not keep the process alive
  t.teardown(async () => {
    clearInterval(alive)
    await thread.terminate()
  })
  let answer: () => void = () => {}
  let listener: MetricsListener | undefined
  const metrics = new Metrics({
    log,
    onMetrics: given => { listener = given },
    askForMetrics: async () => await new Promise<number>(resolve => { answer = () => { resolve(0) } })
  } as Partial<Operable> as Operable, () => thread)
  return { metrics, listener, lines, thread, text: metrics.text(), answer: () => { answer() } }
}

t.test('the death of the thread is reported in the log and to those who wait', async t => {
  const { lines, thread, text, answer } = scraped(t)
  await thread.terminate()
  answer()
  await t.rejects(text, { message: ENDED })
  t.match(lines, [{ level: 40, event: 'metrics-error', err: { message: ENDED } }])
})

t.test('closing the thread is not reported as a failure', async t => {
  const { metrics, lines, text, answer } = scraped(t)
  await metrics.close()
  answer()
  await t.rejects(text, { message: ENDED })
  t.same(lines, [])
})

t.test('metrics that are too long are logged and not read', async t => {
  const { metrics, listener, lines, thread } = scraped(t)
  const received: unknown[] = []
  thread.postMessage = message => { received.push(message) }
  listener?.measured(1, 'x'.repeat(16 * 1024 * 1024 + 1))
  listener?.measured(1, 'x')
  t.same(received, [{ id: 1, metrics: 'x' }])
  t.match(lines, [{ level: 40, event: 'metrics-error', workerId: 1, err: { message: /more than 16777216 characters/ } }])
  await metrics.close()
})
