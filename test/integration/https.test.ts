import { randomBytes } from 'node:crypto'
import type tls from 'node:tls'
import t, { type Test } from 'tap'
import { fetchBytes, fetchJson, RawClient, sha256 } from '../clients.js'
import { type App, inTurn, start } from '../helper.js'
import { resume, VERSIONS, visit } from '../tls-sessions.js'

const MIB = 2 ** 20

async function serve (t: Test, server: object): Promise<{ app: App, url: string }> {
  const app = start(t, 'server.mjs', { options: { workers: 2, ...inTurn }, env: { SERVER: JSON.stringify({ tls: {}, ...server }) } })
  return { app, url: await app.url() }
}

t.test('HTTPS', async t => {
  const { app, url } = await serve(t, {})

  await t.test('every worker serves HTTPS, with the right protocol in the address', async t => {
    t.match(url, /^https:\/\/127\.0\.0\.1:\d+$/)
    const workers = [await fetchJson<{ worker: number }>(url), await fetchJson<{ worker: number }>(url)]
    t.same(workers.map(({ worker }) => worker).sort(), [1, 2])
  })

  await t.test("request.ip is the client's address", async t => {
    t.match(await fetchJson(url, { localAddress: '127.0.0.3' }), { ip: '127.0.0.3' })
  })

  await t.test('keep-alive and pipelining: all requests on one connection reach one worker, in order', async t => {
    const client = await RawClient.connect(t, url)
    client.get('/after/20', '/', '/')
    const workers = [await client.worker(), await client.worker(), await client.worker()]
    t.equal(new Set(workers).size, 1)
  })

  await t.test('a body streamed in both directions arrives as it was sent', async t => {
    const body = randomBytes(4 * MIB)
    const { data } = await fetchBytes(`${url}/mirror`, { method: 'POST', headers: { 'content-type': 'application/octet-stream' } }, body)
    t.equal(sha256(data), sha256(body))
  })

  await t.test('a client without TLS is disconnected, and does no harm', async t => {
    const client = await RawClient.connect(t, url.replace('https:', 'http:'))
    client.get('/')
    await client.closed
    t.match(await fetchJson(url), { ip: '127.0.0.1' })
  })

  const sessions = new Map<tls.SecureVersion, Buffer>()
  for (const version of VERSIONS) {
    await t.test(`a session ticket of one worker resumes on the other, ${version}`, async t => {
      const first = await visit(t, url, { version })
      t.equal(first.resumed, false)
      t.same([...await resume(t, url, version, first.session, [1, 2])].sort(), [[1, true], [2, true]])
      sessions.set(version, first.session)
    })
  }

  await t.test('tickets resume on the replacement of a killed worker', async t => {
    const [pid] = await app.workers(2) as [number]
    process.kill(pid, 'SIGKILL')
    await app.events('worker-ready', 3)
    t.same([...sessions.keys()], VERSIONS)
    for (const [version, session] of sessions) {
      t.same([...await resume(t, url, version, session, [2, 3])].sort(), [[2, true], [3, true]], version)
    }
  })
})

t.test('an app with its own ticketKeys keeps them, in every worker', async t => {
  const ticketKeys = randomBytes(48).toString('base64')
  const { url } = await serve(t, { tls: { ticketKeys } })
  for (const { worker, keys } of [await fetchJson<{ worker: number, keys: string }>(`${url}/ticket-keys`), await fetchJson<{ worker: number, keys: string }>(`${url}/ticket-keys`)]) {
    t.equal(keys, ticketKeys, `worker ${worker}`)
  }
  for (const version of VERSIONS) {
    const { session } = await visit(t, url, { version })
    t.same([...await resume(t, url, version, session, [1, 2])].sort(), [[1, true], [2, true]], version)
  }
})

t.test('an app that sets ticket keys itself, before it listens, keeps them too', async t => {
  const setTicketKeys = randomBytes(48).toString('base64')
  const { url } = await serve(t, { tls: {}, setTicketKeys })
  for (let i = 0; i < 2; i++) t.equal((await fetchJson<{ keys: string }>(`${url}/ticket-keys`)).keys, setTicketKeys)
})

t.test("serverFactory: the app's own server is served, with TLS and without", async t => {
  for (const server of [{ factory: true, tls: undefined }, { factory: true, tls: {} }]) {
    const { app, url: logged } = await serve(t, server)
    // Fastify does not know that a factory's server has TLS.
    const url = server.tls === undefined ? logged : logged.replace('http:', 'https:')
    const workers = [await fetchJson<{ worker: number }>(url), await fetchJson<{ worker: number }>(url)]
    t.same(workers.map(({ worker }) => worker).sort(), [1, 2])
    if (server.tls !== undefined) {
      const { session } = await visit(t, url, { version: 'TLSv1.3' })
      t.same([...await resume(t, url, 'TLSv1.3', session, [1, 2])].sort(), [[1, true], [2, true]])
    }
    t.same(await app.stop(), { code: 0, signal: null })
  }
})
