import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { descriptors, perLane, start } from '../helper.js'

// Exceptions before the plugin is loaded appear only on the worker's own stderr.
const ways = [
  { name: 'that throws on load', way: 'throw', cause: undefined, text: 'thrown on load' },
  { name: 'whose plugin fails', way: 'plugin', cause: 'a plugin that fails', text: 'a plugin that fails' },
  { name: 'that exits without output', way: 'exit', cause: undefined, text: '' }
]

for (const { name, way, cause, text } of ways) {
  t.test(`a worker ${name} on the first start ends the primary: listen() rejects, exit code 1, no process left`, async t => {
    const app = start(t, 'fails-on-load.mjs', { options: { workers: 2 }, env: { FAIL: way } })
    t.same(await app.ended, { code: 1, signal: null })
    t.same(await app.leftBehind(), [])
    const rejected = app.lines.find(({ event, pid }) => event === 'rejected' && pid === app.pid)
    t.equal(rejected?.code, 'SHARED_PORT_ERR_WORKER_FAILED')
    t.equal(rejected?.cause, cause, 'its cause is the error of the worker')
    const exit = app.lines.find(({ event }) => event === 'worker-exit')
    t.equal((exit?.err as Error | undefined)?.message, cause, 'the log has the error too')
    t.ok(app.text.includes(text))
  })
}

perLane(t, 'the primary never dies of a worker: a replacement that dies before it is ready is retried with growing delays until it is ready', async (t, lane) => {
  const folder = mkdtempSync(join(tmpdir(), 'shared-fastify-'))
  t.teardown(() => { rmSync(folder, { recursive: true }) })
  const file = join(folder, 'fail')
  const app = start(t, 'fails-on-load.mjs', { options: { workers: 2, lane }, env: { FAIL: 'exit', FAIL_WHILE: file } })
  await app.url()
  const [first] = await app.workers(2) as [number]
  const before = descriptors(app.pid)

  writeFileSync(file, '')
  process.kill(first, 'SIGKILL')
  const exits = await app.events('worker-exit', 3)
  rmSync(file)
  t.same(exits.map(({ code, signal }) => code ?? signal), ['SIGKILL', 7, 7])
  await app.events('worker-ready', 3)
  const delays = app.lines.filter(({ event }) => event === 'worker-replace').map(({ delay }) => delay)
  t.same(delays.slice(0, 3), [100, 200, 400])
  await app.stats(({ workers }) => descriptors(app.pid) === before && workers.length === 2)
})
