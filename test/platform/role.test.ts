import t, { type Test } from 'tap'
import cluster from 'node:cluster'
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { findRole, WORKER_MARK } from '../../lib/platform/role.js'

const WHY = {
  asked: { role: 'standalone', why: 'workers is 0', asked: true },
  cluster: { role: 'standalone', why: 'this process is a worker of another cluster, which already shares its port', asked: false },
  thread: { role: 'standalone', why: 'a thread cannot fork workers', asked: false }
}

t.test('an ordinary process is the primary', async t => {
  t.same(findRole('auto'), { role: 'primary' })
  t.same(findRole(1), { role: 'primary' })
})

t.test('with workers: 0 it is standalone, as expected', async t => {
  t.same(findRole(0), WHY.asked)
})

t.test('a worker of another cluster is standalone, which is unexpected', async t => {
  setWorker(t, undefined)
  t.same(findRole('auto'), WHY.cluster)
  t.same(findRole(0), WHY.asked)
})

t.test('a worker of ours knows its primary, its generation and its lane', async t => {
  const mark = { primary: process.ppid, generation: 2, lane: 'ipc' }
  setWorker(t, JSON.stringify(mark))
  t.same(findRole('auto'), { role: 'worker', mark })
})

t.test('a worker of ours stays one even if its own options say another number of workers, even 0', async t => {
  setWorker(t, JSON.stringify({ primary: process.ppid, generation: 0, lane: 'ipc' }))
  t.match(findRole(0), { role: 'worker' })
})

t.test('a worker of ours whose primary has died meanwhile is still one', async t => {
  const mark = { primary: 2 ** 30, generation: 2, lane: 'ipc' }
  setWorker(t, JSON.stringify(mark))
  t.same(findRole('auto'), { role: 'worker', mark })
})

t.test("a mark inherited from another process's primary is ignored", async t => {
  setWorker(t, JSON.stringify({ primary: process.pid, generation: 0, lane: 'ipc' }))
  t.same(findRole('auto'), WHY.cluster)
})

for (const mark of ['', '{', 'null', '5', '"primary"', '{}', '{"primary":"1"}', '[]']) {
  t.test(`an invalid mark is ignored: ${mark}`, async t => {
    setWorker(t, mark)
    t.same(findRole('auto'), WHY.cluster)
  })
}

t.test('a process that a worker starts inherits the mark, and is a primary', async t => {
  process.env[WORKER_MARK] = JSON.stringify({ primary: process.ppid, generation: 0, lane: 'ipc' })
  t.teardown(() => { delete process.env[WORKER_MARK] })
  t.same(findRole('auto'), { role: 'primary' })
})

t.test('real cluster workers and threads are recognized', async t => {
  t.same(await run('cluster'), WHY.cluster)
  t.same(await run('thread'), WHY.thread)
  t.same(await run('thread-of-worker'), WHY.thread)
})

/** Makes this process look like a cluster worker with this mark in its environment. */
function setWorker (t: Test, mark: string | undefined): void {
  Object.defineProperty(cluster, 'isWorker', { value: true, configurable: true, writable: true })
  if (mark !== undefined) process.env[WORKER_MARK] = mark
  t.teardown(() => {
    Object.defineProperty(cluster, 'isWorker', { value: false, configurable: true, writable: true })
    delete process.env[WORKER_MARK]
  })
}

/** The result of findRole('auto') there. */
async function run (where: string): Promise<object> {
  const script = fileURLToPath(new URL('../fixtures/role.mjs', import.meta.url))
  return await new Promise((resolve, reject) => {
    execFile(process.execPath, [script, where], (err, stdout) => {
      if (err === null) resolve(JSON.parse(stdout) as object)
      else reject(err)
    })
  })
}
