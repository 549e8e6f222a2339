import t from 'tap'
import { attempt, Exchange, keptAlive, refused, streamed } from '../client.js'
import { appPath, command, hooked, perLane, request, start } from '../helper.js'

perLane(t, 'no orphans: when the primary is killed, the workers finish their connections, and no process is left', async (t, lane) => {
  const app = start(t, 'app.mjs', { options: { workers: 2, lane } })
  const url = await app.url()
  const agent = keptAlive()
  await request(url, { agent })
  const kept = new Exchange(`${url}/echo`, { agent, method: 'POST', headers: { 'content-type': 'text/plain', expect: '100-continue' } })
  await kept.continued()
  const streams = [new Exchange(`${url}/pipe`, streamed), new Exchange(`${url}/pipe`, streamed)]
  for (const stream of streams) {
    await stream.send('before, ')
    await stream.received('before, ')
  }

  process.kill(app.pid, 'SIGKILL')
  await app.events('drain', 2)
  await refused(url)
  await kept.end('late')
  const { answer } = await kept.outcome
  t.equal(answer?.body, 'late')
  t.equal(answer?.headers.connection, 'close', 'the last answer on a connection has Connection: close')
  for (const stream of streams) {
    await stream.end('after')
    t.equal((await stream.outcome).answer?.body, 'before, after')
  }
  await app.ended // the workers hold its stdout: they have exited too
  t.same(await app.leftBehind(), [])
})

t.test('no orphans: when the primary is killed, grace limits the time that the workers have', async t => {
  const app = start(t, 'app.mjs', { ...hooked, options: { workers: 2, grace: 200 } })
  const url = await app.url()
  const stream = new Exchange(`${url}/pipe`, streamed)
  await stream.send('before')
  await stream.received('before')
  process.kill(app.pid, 'SIGKILL')
  t.equal((await stream.outcome).error?.code, 'ECONNRESET')
  await app.ended
  t.same(await app.leftBehind(), [])
})

for (const [what, fixture, event] of [
  ['that are still starting', 'never-ready.mjs', 'stuck'],
  ['whose app never finishes closing', 'never-closes.mjs', 'worker-ready']
] as const) {
  t.test(`no orphans: when the primary is killed, workers ${what} exit nevertheless`, async t => {
    const app = start(t, fixture, { options: { workers: 2, grace: 0 } })
    await app.events(event, 2)
    await app.stop('SIGKILL')
    t.same(await app.leftBehind(), [])
  })
}

perLane(t, 'no orphans: when the primary is killed, a worker whose event loop is blocked is killed after grace', async (t, lane) => {
  const app = start(t, 'blocks.mjs', { options: { workers: 2, lane, grace: 200 } })
  const url = await app.url()
  const pids = await app.workers(2)
  const outcomes = [attempt(`${url}/loop`)]
  await app.event('blocks')
  outcomes.push(attempt(`${url}/exec`))
  await app.events('blocks', 2)
  process.kill(app.pid, 'SIGKILL')
  for (const outcome of outcomes) t.equal((await outcome).error?.code, 'ECONNRESET')
  await app.ended // the workers hold its stdout: they have exited too
  t.same(app.processes().filter(pid => pids.includes(pid)), [])
})

t.test('no orphans: when the primary is killed, a worker that is blocked while it loads is killed, too', async t => {
  const app = start(t, 'blocks.mjs', { options: { workers: 2 }, env: { BLOCK: 'load' } })
  await app.events('blocks', 2)
  await app.stop('SIGKILL')
  t.same(await app.leftBehind(), [])
})

/**
 * The steps of a start, whether the event loop runs there, and what the worker logs: nothing, if there is no
 * logger yet. After a blocked import, there is one if Node evaluates the rest in the same iteration (from 22 on).
 */
for (const [where, turns, says] of [
  ['import', false, [undefined, 'primary-gone']], ['instance', false, ['primary-gone']], ['listen', false, ['primary-gone']], ['plugin', false, ['primary-gone']], ['ready', false, ['primary-gone']], ['listening', false, ['primary-gone']],
  ['import', true, []], ['instance', true, []], ['listen', true, ['primary-gone']], ['plugin', true, ['primary-gone']], ['ready', true, ['primary-gone']]
] as const) {
  perLane(t, `no orphans: when the primary is killed, a worker that is starting exits quietly (at "${where}", ${turns ? 'waiting' : 'blocked'})`, async (t, lane) => {
    const app = start(t, 'loads.mjs', { options: { workers: 1, lane }, env: { WHERE: where, SYNC: turns ? '' : '1' } })
    await app.event('loading')
    await app.stop('SIGKILL')
    t.same(await app.leftBehind(), [])
    const said = app.lines.map(({ event }) => event).filter(event => event !== undefined && event !== 'loading')
    if (says.length < 2) t.same(said, says)
    else t.ok(said.length < 2 && (says as readonly unknown[]).includes(said[0]), said.join())
    t.notMatch(app.text, /Error|EPIPE|\n +at /)
  })
}

for (const step of ['load', 'ready']) {
  t.test(`no orphans: when the primary is killed, a worker of the command that is starting exits quietly (at ${step})`, async t => {
    const app = command(t, [appPath('loads-until-alone.mjs'), '-n', '1', '-p', '0'], { env: { IN: step } })
    await app.event('loading')
    await app.stop('SIGKILL')
    t.same(await app.leftBehind(), [])
    t.same(app.lines.filter(({ pid }) => pid !== app.pid).map(({ event }) => event), ['loading', 'primary-gone'])
    t.equal(app.text, '')
  })
}
