import { spawnSync } from 'node:child_process'
import t from 'tap'
import { descriptors, request, start } from '../helper.js'

/** The most descriptors that a process may open from now on: prlimit(1). */
function limit (pid: number, most: number): void {
  spawnSync('prlimit', ['--pid', String(pid), `--nofile=${most}:`])
}

// A start takes some ten descriptors, and fails otherwise with each number of them.
for (const spare of [0, 3, 5, 7]) {
  t.test(`a primary that lacks descriptors for a new worker lives on, and starts it when it has them: ${spare} spare`, async t => {
    const app = start(t, 'app.mjs', { options: { workers: 1, control: false } })
    const url = await app.url()
    const [pid] = await app.workers(1)
    process.kill(pid as number, 'SIGKILL')
    await app.event('worker-replace')
    limit(app.pid, descriptors(app.pid) + spare)
    t.match(await app.line(({ event, workerPid }) => event === 'worker-start-error' || (event === 'worker-exit' && workerPid === undefined)), { err: { message: /EMFILE|socketpair|memfd|too many open files/i } })
    limit(app.pid, 1_024)
    await app.workers(2)
    t.equal((await request(url)).status, 200)
  })
}
