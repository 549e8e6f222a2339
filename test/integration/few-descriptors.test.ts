import { spawnSync } from 'node:child_process'
import t from 'tap'
import { request, start } from '../helper.js'

// A start needs about ten descriptors, and fails in a different place with each number.
for (const spare of [0, 3, 5, 7]) {
  t.test(`a primary without enough descriptors for a new worker survives, and starts it when it has them: ${spare} spare`, async t => {
    const app = start(t, 'few-descriptors.mjs', { options: { workers: 1, control: false }, env: { SPARE: String(spare) } })
    const url = await app.url()
    const [pid] = await app.workers(1)
    process.kill(pid as number, 'SIGKILL')
    t.match(await app.line(({ event, workerPid }) => event === 'worker-start-error' || (event === 'worker-exit' && workerPid === undefined)), { err: { message: /EMFILE|socketpair|memfd|too many open files/i } })
    spawnSync('prlimit', ['--pid', String(app.pid), '--nofile=1024:'])
    await app.workers(2)
    t.equal((await request(url)).status, 200)
  })
}
