import { randomBytes } from 'node:crypto'
import t, { type Test } from 'tap'
import { fetchJson, openSession, sha256, stream } from '../clients.js'
import { type App, inTurn, start } from '../helper.js'

const MIB = 2 ** 20

async function serve (t: Test, server: object): Promise<{ app: App, url: string }> {
  const app = start(t, 'server.mjs', { options: { workers: 2, ...inTurn }, env: { SERVER: JSON.stringify(server) } })
  return { app, url: await app.url() }
}

for (const [name, server] of Object.entries({
  'HTTP/2 over TLS': { tls: { allowHTTP1: true }, fastify: { http2: true } },
  'HTTP/2 without TLS': { fastify: { http2: true } }
})) {
  t.test(name, async t => {
    const { app, url } = await serve(t, server)

    await t.test('the streams of a session reach one worker, those of the next session another', async t => {
      const sessions = [await openSession(t, url), await openSession(t, url)]
      const workers = await Promise.all(sessions.map(async session => {
        const answers = await Promise.all(Array.from({ length: 5 }, async () => await stream(session, { ':path': '/' })))
        const bodies = answers.map(({ data }) => JSON.parse(data.toString()) as { worker: number })
        for (const body of bodies) t.match(body, { version: '2.0', ip: '127.0.0.1' })
        return [...new Set(bodies.map(({ worker }) => worker))]
      }))
      t.same(workers.flat().sort(), [1, 2])
    })

    await t.test('several bodies streamed in both directions at once arrive as they were sent', async t => {
      const session = await openSession(t, url)
      await Promise.all(Array.from({ length: 3 }, async () => {
        const body = randomBytes(MIB)
        const { status, data } = await stream(session, { ':method': 'POST', ':path': '/mirror', 'content-type': 'application/octet-stream' }, body)
        t.equal(status, 200)
        t.equal(sha256(data), sha256(body))
      }))
    })

    if ('tls' in server) {
      await t.test('allowHTTP1: HTTP/1.1 clients are served too', async t => {
        t.match(await fetchJson(url), { version: '1.1', ip: '127.0.0.1' })
      })
    }

    await t.test('close() completes, with sessions open', async t => {
      const session = await openSession(t, url)
      t.equal((await stream(session, { ':path': '/' })).status, 200)
      t.same(await app.stop(), { code: 0, signal: null })
      t.notOk(app.lines.some(({ event }) => event === 'worker-kill'))
    })
  })
}
