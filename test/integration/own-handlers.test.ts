import t from 'tap'
import { Exchange, streamed } from '../client.js'
import { type App, start } from '../helper.js'

const targets: Array<{ name: string, send (app: App): void }> = [
  { name: 'the primary', send: ({ pid }) => process.kill(pid, 'SIGTERM') },
  { name: 'all processes', send: ({ pid }) => process.kill(-pid, 'SIGTERM') }
]

for (const { name, send } of targets) {
  t.test(`signals: false leaves SIGTERM to ${name} to the app, whose close() drains the workers and resolves when they have exited`, async t => {
    const app = start(t, 'own-handlers.mjs', { options: { workers: 2, signals: false } })
    const url = await app.url()
    const stream = new Exchange(`${url}/pipe`, streamed)
    await stream.send('before, ')
    await stream.received('before, ')
    send(app)
    await app.event('closing', ({ pid }) => pid === app.pid)
    await stream.end('after')
    t.equal((await stream.outcome).answer?.body, 'before, after')
    t.same(await app.ended, { code: 0, signal: null })
    t.same(await app.leftBehind(), [])
    const order = app.lines.filter(({ pid }) => pid === app.pid).map(({ event }) => event)
    t.equal(order.filter(event => event === 'worker-exit').length, 2)
    t.ok(order.indexOf('closed') > order.lastIndexOf('worker-exit'))
  })
}

t.test("signals: false leaves the worker's signals to their default actions, and its death to the primary", async t => {
  const app = start(t, 'app.mjs', { options: { workers: 1, signals: false } })
  await app.url()
  const [pid] = await app.workers(1) as [number]
  process.kill(pid, 'SIGINT')
  t.match(await app.event('worker-exit'), { workerPid: pid, signal: 'SIGINT' })
  await app.workers(2)
})

t.test('SIGUSR2 is left to the app, in the primary and in the workers', async t => {
  const app = start(t, 'own-handlers.mjs', { options: { workers: 2 } })
  await app.url()
  for (const pid of [app.pid, ...await app.workers(2)]) {
    process.kill(pid, 'SIGUSR2')
    t.equal((await app.event('own SIGUSR2', line => line.pid === pid)).listeners, 1)
  }
  t.equal(app.processes().length, 3)
})
