import t from 'tap'
import { attempt, Exchange } from '../client.js'
import { appPath, command, start } from '../helper.js'

t.test('more crashes than maxRestarts: the primary drains, and exits with 1', async t => {
  const app = start(t, 'app.mjs', { options: { workers: 2, maxRestarts: { count: 1 } } })
  const url = await app.url()
  const [first] = await app.workers(2) as [number]
  process.kill(first, 'SIGKILL')
  await app.workers(3)
  const slow = new Exchange(`${url}/after/2500`)
  await slow.end()
  const { workers } = await app.stats(({ workers }) => workers.some(({ open }) => open === 1))
  process.kill(workers.find(({ open }) => open === 0)?.pid as number, 'SIGKILL')
  t.match(await app.event('crash-loop'), { level: 60, count: 1, within: 60_000 })
  t.match((await slow.outcome).answer, { status: 200 }, 'the request in progress is finished')
  t.same(await app.ended, { code: 1, signal: null })
  t.same(app.lines.filter(({ event }) => event === 'worker-ready').length, 3)
  t.same(await app.leftBehind(), [])
})

t.test('the same with signals: false, since no signal is involved', async t => {
  const app = start(t, 'app.mjs', { options: { workers: 1, signals: false, maxRestarts: { count: 0 } } })
  const url = await app.url()
  await attempt(`${url}/throw`)
  t.same(await app.ended, { code: 1, signal: null })
  t.same(await app.leftBehind(), [])
})

t.test('the command exits with 1, so that a service manager restarts it', async t => {
  const app = command(t, [appPath('plugin.mjs'), '-n', '2', '-p', '0', '--max-restarts', '0', '--max-restarts-within', '1000'])
  await app.url()
  const [pid] = await app.workers(2) as [number]
  process.kill(pid, 'SIGKILL')
  t.same(await app.ended, { code: 1, signal: null })
  t.match(app.lines.filter(({ event }) => event === 'crash-loop'), [{ count: 0, within: 1_000 }])
  t.same(await app.leftBehind(), [])
})
