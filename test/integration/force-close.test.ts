import t, { type Test } from 'tap'
import { Exchange, keptAlive, streamed } from '../client.js'
import { type App, request, start } from '../helper.js'

/** So long that a test would time out if anything waited for it. */
const NEVER = 600_000

interface Open { app: App, url: string, stream: Exchange }

/** An app with a request in progress, whose worker has `forceCloseConnections`. */
async function serve (t: Test, forceCloseConnections: boolean | 'idle'): Promise<Open> {
  const app = start(t, 'server.mjs', { options: { workers: 1, grace: NEVER }, env: { SERVER: JSON.stringify({ fastify: { forceCloseConnections } }) } })
  const url = await app.url()
  const stream = new Exchange(`${url}/mirror`, streamed)
  await stream.send('before, ')
  await stream.received('before, ')
  return { app, url, stream }
}

t.test('forceCloseConnections: true cuts off requests in progress at a stop, as in a single process', async t => {
  const { app, stream } = await serve(t, true)
  t.same(await app.stop(), { code: 0, signal: null })
  t.equal((await stream.outcome).error?.code, 'ECONNRESET')
  t.notOk(app.lines.some(({ event }) => event === 'worker-kill'))
})

t.test("forceCloseConnections: true cuts off requests in progress at close() of a worker's app", async t => {
  const app = start(t, 'app.mjs', { options: { workers: 1, grace: NEVER }, env: { FASTIFY: JSON.stringify({ forceCloseConnections: true }) } })
  const url = await app.url()
  const stream = new Exchange(`${url}/pipe`, streamed)
  await stream.send('before, ')
  await stream.received('before, ')
  await request(`${url}/close`)
  t.equal((await stream.outcome).error?.code, 'ECONNRESET')
  t.match(await app.event('worker-exit'), { code: 0, signal: null })
})

t.test('forceCloseConnections: true lets a reload finish requests in progress', async t => {
  const { app, stream } = await serve(t, true)
  process.kill(app.pid, 'SIGHUP')
  await app.event('drain')
  await stream.end('after')
  t.equal((await stream.outcome).answer?.body, 'before, after')
  await app.event('reload-end')
})

t.test('forceCloseConnections: true cuts off at a stop the requests that a reload has left in progress', async t => {
  const { app, stream } = await serve(t, true)
  process.kill(app.pid, 'SIGHUP')
  await app.event('drain')
  t.same(await app.stop(), { code: 0, signal: null })
  t.equal((await stream.outcome).error?.code, 'ECONNRESET')
})

for (const forceCloseConnections of ['idle', false] as const) {
  t.test(`forceCloseConnections: ${String(forceCloseConnections)} closes idle connections at a stop, and finishes requests in progress`, async t => {
    const { app, url, stream } = await serve(t, forceCloseConnections)
    const agent = keptAlive()
    t.equal((await request(url, { agent })).status, 200)
    process.kill(app.pid, 'SIGTERM')
    await app.event('drain')
    await stream.end('after')
    t.equal((await stream.outcome).answer?.body, 'before, after')
    t.same(await app.ended, { code: 0, signal: null })
  })
}
