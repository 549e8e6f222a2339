import t, { type Test } from 'tap'
import { attempt, Exchange, keptAlive, refused, streamed } from '../client.js'
import { type App, hooked, perLane, request, start } from '../helper.js'

const others: Array<{ name: string, stop (app: App): void }> = [
  { name: 'SIGQUIT', stop: ({ pid }) => process.kill(pid, 'SIGQUIT') },
  { name: 'SIGINT to all processes, as a terminal sends it,', stop: ({ pid }) => process.kill(-pid, 'SIGINT') },
  { name: 'SIGTERM to all processes, as systemd sends it,', stop: ({ pid }) => process.kill(-pid, 'SIGTERM') }
]

const promise = 'closes the port, finishes open connections, and exits with 0, leaving no process'

perLane(t, `SIGTERM ${promise}`, async (t, lane) => { await finishes(t, lane, ({ pid }) => process.kill(pid, 'SIGTERM')) })

for (const { name, stop } of others) {
  // A worker may get the signal before the primary does. It returns idle connections then, as in a reload.
  t.test(`${name} ${promise}`, async t => { await finishes(t, 'auto', stop, { returnOnDrain: false }) })
}

async function finishes (t: Test, lane: string, stop: (app: App) => void, options: object = {}): Promise<void> {
  const app = start(t, 'app.mjs', { ...hooked, options: { workers: 2, lane, ...options } })
  const url = await app.url()
  const agent = keptAlive()
  t.equal((await request(url, { agent })).headers.connection, 'keep-alive')
  const stream = new Exchange(`${url}/pipe`, streamed)
  await stream.send('before, ')
  await stream.received('before, ')
  const upload = new Exchange(`${url}/echo`, { agent, method: 'POST', headers: { 'content-type': 'text/plain', expect: '100-continue' } })
  await upload.continued()
  await upload.send('before, ')

  stop(app)
  await app.events('drain', 2)
  await refused(url)
  await Promise.all([stream.end('after'), upload.end('after')])
  t.equal((await stream.outcome).answer?.body, 'before, after', 'a streaming response is finished')
  const { answer } = await upload.outcome
  t.equal(answer?.body, 'before, after', 'a slow upload is finished')
  t.equal(answer?.headers.connection, 'close', 'the last answer on a connection has Connection: close')
  t.same(await app.ended, { code: 0, signal: null })
  t.same(await app.leftBehind(), [])
  t.ok(app.lines.filter(({ event }) => event === 'worker-exit').every(({ code, level }) => code === 0 && level === 30), 'and no worker failed')
}

perLane(t, 'SIGTERM closes an idle kept-alive connection', async (t, lane) => {
  const app = start(t, 'app.mjs', { options: { workers: 2, lane, grace: 600_000 } })
  const url = await app.url()
  await request(url, { agent: keptAlive() })
  t.same(await app.stop(), { code: 0, signal: null })
  t.notOk(app.lines.some(({ event }) => event === 'worker-kill'))
})

perLane(t, 'grace limits a stop: endless requests are cut off, a hung worker is killed, and the primary exits with 0', async (t, lane) => {
  const app = start(t, 'app.mjs', { options: { workers: 2, lane, grace: 200 } })
  const url = await app.url()
  const endless = new Exchange(`${url}/pipe`, streamed)
  await endless.send('before')
  await endless.received('before')
  const hung = attempt(`${url}/hang`)
  const { pid } = await app.event('hangs')
  t.same(await app.stop(), { code: 0, signal: null })
  for (const { error } of [await endless.outcome, await hung]) t.equal(error?.code, 'ECONNRESET')
  t.same(app.lines.filter(({ event }) => event === 'worker-kill').map(({ workerPid }) => workerPid), [pid])
  t.same(await app.leftBehind(), [])
})

perLane(t, 'a second SIGINT ends everything at once, with 130', async (t, lane) => {
  const app = start(t, 'app.mjs', { ...hooked, options: { workers: 2, lane } })
  const url = await app.url()
  const endless = new Exchange(`${url}/pipe`, streamed)
  await endless.send('before')
  await endless.received('before')
  process.kill(app.pid, 'SIGINT')
  await app.event('stop')
  // Two signals for one key press count as one: these are further apart.
  const stopped = performance.now()
  for (let trip = 0; performance.now() - stopped < 60; trip++) {
    await endless.send(`trip ${trip};`)
    await endless.received(`trip ${trip};`)
  }
  t.same(await app.stop('SIGINT'), { code: 130, signal: null })
  t.equal((await endless.outcome).error?.code, 'ECONNRESET')
  t.same(await app.leftBehind(), [])
})

perLane(t, 'SIGTERM drains a worker that serves one port and is still starting another', async (t, lane) => {
  const app = start(t, 'half-ready.mjs', { options: { workers: 1, lane } })
  await app.event('stuck')
  await app.line(({ msg, workerId }) => workerId === 1 && msg?.startsWith('Server listening'))
  t.same(await app.stop(), { code: 0, signal: null })
  t.notOk(app.lines.some(({ event }) => event === 'worker-kill'))
})
