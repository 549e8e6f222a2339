import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { descriptors, request, start } from '../helper.js'
import { addonWithSteps } from './addon-with-steps.js'

// Kills or stops a worker at each step of the native lane's protocol, with an addon that is built for it.

const { SIGKILL, SIGSTOP } = constants.signals

/** Before it has marked a connection as taken, and after. */
const UNTAKEN = ['received', 'cleared', 'stored']
const TAKEN = ['taken', 'injected', 'acked', 'read']

const folder = mkdtempSync(join(tmpdir(), 'shared-fastify-steps-'))
const file = join(folder, 'step')
t.teardown(() => { rmSync(folder, { recursive: true }) })

const app = start(t, 'native/steps.mjs', {
  // Long, because a worker that the system does not run for a moment would otherwise get a probe instead, and
  // reach the step with that.
  options: { workers: 2, lane: 'native', takeBackAfter: 200 },
  env: { FD_LANE_PREBUILD: addonWithSteps(), FD_LANE_STEP: file }
})
const url = await app.url()
const before = descriptors(app.pid)
let started = 2

for (const step of UNTAKEN) {
  t.test(`killed when a frame is ${step}: the connection goes to another worker, with all its bytes`, async t => {
    arm(step, SIGKILL)
    const { by, body } = await post(step)
    t.equal(body, step)
    t.not(by, await replaced())
    t.equal(servedTimes(step), 1)
  })
}

for (const step of TAKEN) {
  t.test(`killed when a connection is ${step}: it is lost with its worker, and given to no other`, async t => {
    arm(step, SIGKILL)
    await t.rejects(post(step), { code: /ECONNRESET|EPIPE/ })
    await replaced()
    t.equal((await post('next')).body, 'next')
    t.ok(servedTimes(step) <= 1)
  })
}

for (const step of [...UNTAKEN, ...TAKEN]) {
  t.test(`stopped when a connection is ${step}: it delays no other, and is served when the worker continues`, async t => {
    arm(step, SIGSTOP)
    const answer = post(`${step} and stopped`)
    const pid = await stopped()
    for (let i = 0; i < 4; i++) t.not((await post('other')).by, pid)
    process.kill(pid, 'SIGCONT')
    t.same(await answer, { by: pid, body: `${step} and stopped` })
  })
}

for (const step of UNTAKEN) {
  t.test(`stopped when a frame is ${step}, then killed: the connection goes to another worker`, async t => {
    arm(step, SIGSTOP)
    const answer = post(`${step}, stopped and killed`)
    const pid = await stopped()
    process.kill(pid, 'SIGKILL')
    const { by, body } = await answer
    t.not(by, pid)
    t.equal(body, `${step}, stopped and killed`)
    await replaced()
  })
}

t.test('after all that the primary has as many descriptors as before', async t => {
  t.equal(descriptors(app.pid), before)
})

/** From now on, the first worker that reaches the step gets the signal there. */
function arm (step: string, signal: number): void {
  writeFileSync(`${file}.new`, `${step}:${signal}`)
  renameSync(`${file}.new`, file)
}

/** The pid of the worker that died, once its replacement is ready. */
async function replaced (): Promise<number> {
  await app.events('worker-ready', ++started)
  return (await app.events('worker-exit', started - 2)).at(-1)?.workerPid as number
}

async function post (body: string): Promise<{ by: number, body: string }> {
  return JSON.parse((await request(url, { method: 'POST', headers: { 'content-type': 'text/plain' }, body })).body)
}

function servedTimes (body: string): number {
  return app.lines.filter(line => line.event === 'served' && line['body'] === body).length
}

/** The pid of the stopped worker, as soon as one is stopped. */
async function stopped (): Promise<number> {
  for (;;) {
    const pid = app.processes().find(pid => existsSync(`/proc/${pid}`) && / T /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')))
    if (pid !== undefined) return pid
    await turn()
  }
}
