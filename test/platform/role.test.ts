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

t.test('a process of its own is the primary', async t => {
  t.same(findRole('auto'), { role: 'primary' })
  t.same(findRole(1), { role: 'primary' })
})

t.test('with no workers asked for it is standalone, as asked', async t => {
  t.same(findRole(0), WHY.asked)
})

t.test('a worker of another cluster is standalone, and was not asked to be', async t => {
  setWorker(t, undefined)
  t.same(findRole('auto'), WHY.cluster)
  t.same(findRole(0), WHY.asked)
})

t.test('a worker of ours knows its primary, its generation and its lane', async t => {
  const mark = { primary: process.ppid, generation: 2, lane: 'ipc' }
  setWorker(t, JSON.stringify(mark))
  t.same(findRole('auto'), { role: 'worker', mark })
})

t.test('a worker of ours stays one where it reads another number of workers, even 0', async t => {
  setWorker(t, JSON.stringify({ primary: process.ppid, generation: 0, lane: 'ipc' }))
  t.match(findRole(0), { role: 'worker' })
})

t.test('a worker of ours whose primary has died meanwhile is one all the same', async t => {
  const mark = { primary: 2 ** 30, generation: 2, lane: 'ipc' }
  setWorker(t, JSON.stringify(mark))
  t.same(findRole('auto'), { role: 'worker', mark })
})

t.test('a mark inherited from somebody else\'s primary counts for nothing', async t => {
  setWorker(t, JSON.stringify({ primary: process.pid, generation: 0, lane: 'ipc' }))
  t.same(findRole('auto'), WHY.cluster)
})

for (const mark of ['', '{', 'null', '5', '"primary"', '{}', '{"primary":"1"}', '[]']) {
  t.test(`a mark that is none of ours counts for nothing: ${mark}`, async t => {
    setWorker(t, mark)
    t.same(findRole('auto'), WHY.cluster)
  })
}

t.test('a process that a worker starts inherits the mark, and is a primary', async t => {
  process.env[WORKER_MARK] = JSON.stringify({ primary: process.ppid, generation: 0, lane: 'ipc' })
  t.teardown(() => { delete process.env[WORKER_MARK] })
  t.same(findRole('auto'), { role: 'primary' })
})

t.test('where node:cluster and threads really are', async t => {
  t.same(await run('cluster'), WHY.cluster)
  t.same(await run('thread'), WHY.thread)
  t.same(await run('thread-of-worker'), WHY.thread)
})

/** Makes this process look like a cluster's worker with this mark in its environment. */
function setWorker (t: Test, mark: string | undefined): void {
  Object.defineProperty(cluster, 'isWorker', { value: true, configurable: true, writable: true })
  if (mark !== undefined) process.env[WORKER_MARK] = mark
  t.teardown(() => {
    Object.defineProperty(cluster, 'isWorker', { value: false, configurable: true, writable: true })
    delete process.env[WORKER_MARK]
  })
}

/** What findRole('auto') says there. */
async function run (where: string): Promise<object> {
  const script = fileURLToPath(new URL('../fixtures/role.mjs', import.meta.url))
  return await new Promise((resolve, reject) => {
    execFile(process.execPath, [script, where], (err, stdout) => {
      if (err === null) resolve(JSON.parse(stdout) as object)
      else reject(err)
    })
  })
}
