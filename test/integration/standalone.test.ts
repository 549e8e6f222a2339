import t, { type Test } from 'tap'
import { type App, type Line, request, start } from '../helper.js'

/** `fastify.sharedPort` when nothing is shared. */
const STANDALONE = { role: 'standalone', workerId: 0, generation: 0, stats: { workers: [], pending: 0, shed: 0, listeners: [], ready: true } }

async function serves (t: Test, app: App): Promise<Line> {
  const line = await app.event('listened')
  t.match(await request(line.result as string), { status: 200 })
  return line
}

t.test('workers: 0 listens in this process only, and logs so without a warning', async t => {
  const app = start(t, 'listen.mjs', { options: { workers: 0 } })
  t.match((await serves(t, app)).sharedPort, STANDALONE)
  const lines = app.lines.filter(({ event }) => event === 'standalone')
  t.match(lines, [{ level: 30, msg: 'not sharing a port: workers is 0' }])
  t.equal(lines.length, 1)
  t.same(app.processes(), [app.pid])
})

t.test('in a worker of another cluster: it listens there, and one warning has the reason', async t => {
  const app = start(t, 'foreign-cluster.mjs', { options: { workers: 2 } })
  const listened = await app.events('listened', 2)
  for (const { sharedPort } of listened) t.match(sharedPort, STANDALONE)
  await serves(t, app)
  const lines = app.lines.filter(({ event }) => event === 'standalone')
  t.same(lines.map(({ pid }) => pid).sort(), listened.map(({ pid }) => pid).sort(), 'one in each of its workers')
  for (const line of lines) {
    t.match(line, { level: 40, msg: 'not sharing a port: this process is a worker of another cluster, which already shares its port' })
  }
  t.equal(app.processes().length, 3, 'none of ours')
})

t.test('in a worker thread: it listens there, and one warning has the reason', async t => {
  const app = start(t, 'thread.mjs', { options: { workers: 2 } })
  t.match((await serves(t, app)).sharedPort, STANDALONE)
  const lines = app.lines.filter(({ event }) => event === 'standalone')
  t.match(lines, [{ level: 40, msg: 'not sharing a port: a thread cannot fork workers' }])
  t.equal(lines.length, 1)
  t.same(app.processes(), [app.pid])
})
