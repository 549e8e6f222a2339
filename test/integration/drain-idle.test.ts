import { once } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { openSession, RawClient, stream } from '../clients.js'
import { type App, hooked, start } from '../helper.js'

/** So long that a test would time out if anything waited for it. */
const NEVER = 600_000

const kinds: Record<string, object> = {
  'HTTP/1.1': {},
  HTTPS: { tls: {} },
  'HTTP/2 over TLS': { tls: { allowHTTP1: true }, fastify: { http2: true } },
  'HTTP/2 without TLS': { fastify: { http2: true } }
}

async function serve (t: Test, server: object, grace: number): Promise<{ app: App, url: string }> {
  const app = start(t, 'server.mjs', { ...hooked, options: { workers: 1, grace }, env: { SERVER: JSON.stringify(server) } })
  return { app, url: await app.url() }
}

async function ended (t: Test, app: App): Promise<void> {
  t.same(await app.ended, { code: 0, signal: null })
  t.notOk(app.lines.some(({ event }) => event === 'worker-kill'), 'the worker exited by itself')
}

for (const [name, server] of Object.entries(kinds)) {
  t.test(`a stop closes idle connections long before grace is over, ${name}`, async t => {
    const { app, url } = await serve(t, server, NEVER)
    const idle: Array<Promise<unknown>> = []
    // Accepted, and silent: with TLS before the handshake.
    idle.push((await RawClient.connect(t, url.replace('https:', 'http:'))).closed)
    if (name !== 'HTTP/2 without TLS') {
      // Kept alive after a request.
      const client = await RawClient.connect(t, url)
      client.get('/')
      t.equal((await client.answer()).status, 200)
      idle.push(client.closed)
      // Silent after the handshake.
      if (name !== 'HTTP/1.1') idle.push((await RawClient.connect(t, url)).closed)
    }
    if (name.startsWith('HTTP/2')) {
      // Without a request yet.
      idle.push(once(await openSession(t, url), 'close'))
      const last = await openSession(t, url)
      t.equal((await stream(last, { ':path': '/' })).status, 200)
      idle.push(once(last, 'close'))
    } else {
      const last = await RawClient.connect(t, url)
      last.get('/')
      t.equal(await last.worker(), 1)
      idle.push(last.closed)
    }
    // The last one was answered by the same worker after the others had connected, so all have arrived.
    process.kill(app.pid, 'SIGTERM')
    await Promise.all(idle)
    await ended(t, app)
  })
}

t.test('a handler that sets keep-alive itself: its idle connection is closed long before grace is over', async t => {
  const { app, url } = await serve(t, {}, NEVER)
  const client = await RawClient.connect(t, url)
  client.get('/keep-alive')
  t.match(await client.answer(), { headers: { connection: 'keep-alive' } })
  process.kill(app.pid, 'SIGTERM')
  await app.event('stop')
  client.get('/keep-alive')
  t.match(await client.answer(), { status: 200, headers: { connection: 'keep-alive' } })
  t.equal(await client.closed, 'end')
  await ended(t, app)
})

t.test('a handler that sets keep-alive itself: its busy connection is closed when grace is over', async t => {
  const { app, url } = await serve(t, {}, 1500)
  const client = await RawClient.connect(t, url)
  let answers = 0
  const use = (async () => {
    for (;; answers++) {
      client.get('/keep-alive')
      await client.answer()
      await turn()
    }
  })().catch(() => {})
  process.kill(app.pid, 'SIGTERM')
  await app.event('stop')
  await use
  t.ok(answers > 1)
  await ended(t, app)
})

t.test('a request that takes longer than grace is cut off, and the stop ends', async t => {
  const { app, url } = await serve(t, {}, 500)
  const client = await RawClient.connect(t, url)
  client.post('/digest', 1000)
  client.write('the rest never comes')
  await app.event('upload')
  process.kill(app.pid, 'SIGTERM')
  await client.closed
  await ended(t, app)
})

t.test('a request that the app answers by checkContinue counts as in progress like any other', async t => {
  const app = start(t, 'expect.mjs', { options: { workers: 1 } })
  const client = await RawClient.connect(t, await app.url())
  client.post('/slow', 4, { Expect: '100-continue', 'Content-Type': 'text/plain' })
  await client.until('100 Continue\r\n\r\n')
  client.write('body')
  await app.event('slow')
  process.kill(app.pid, 'SIGTERM')
  t.match(await client.answer(), { status: 200, headers: { connection: 'close' } })
  await ended(t, app)
})
