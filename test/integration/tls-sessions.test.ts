import { once } from 'node:events'
import http2 from 'node:http2'
import type tls from 'node:tls'
import t, { type Test } from 'tap'
import { ca, fetchJson, stream } from '../clients.js'
import { type App, inTurn, type LANES, perLane, start } from '../helper.js'
import { resume, type Version, VERSIONS, visit } from '../tls-sessions.js'

async function serve (t: Test, options: { lane?: typeof LANES[number], workers: number, ticketLifetime?: number }, server: object = {}): Promise<{ app: App, url: string }> {
  const app = start(t, 'server.mjs', { options: { ...options, ...inTurn }, env: { SERVER: JSON.stringify({ tls: {}, ...server }), LEVEL: 'debug' } })
  return { app, url: await app.url() }
}

function all (ids: number[], resumed: boolean): Array<[number, boolean]> {
  return ids.map(id => [id, resumed])
}

const sorted = (seen: Map<number, boolean>): Array<[number, boolean]> => [...seen].sort(([a], [b]) => a - b)

perLane(t, 'a session of any worker resumes on any other, and on all of the next generation, and is counted', async (t, lane) => {
  const ids = [1, 2, 3]
  const { app, url } = await serve(t, { lane, workers: ids.length })
  const counts = { full: 0, resumed: 0 }
  const sessions: Array<{ version: Version, worker: number, session: Buffer }> = []
  for (const version of VERSIONS) {
    for (let i = 0; i < ids.length; i++) {
      const { worker, resumed, session } = await visit(t, url, { version })
      t.notOk(resumed)
      counts.full++
      sessions.push({ version, worker, session })
    }
  }
  t.same(sessions.map(({ worker }) => worker).sort(), [...ids, ...ids].sort())
  for (const { version, worker, session } of sessions) {
    t.same(sorted(await resume(t, url, version, session, ids)), all(ids, true), `${version}, of worker ${worker}`)
    counts.resumed += ids.length
  }
  const sum = (of: Array<{ handshakes: { full: number, resumed: number } }>): object => of.reduce(
    (sum, { handshakes }) => ({ full: sum.full + handshakes.full, resumed: sum.resumed + handshakes.resumed }), { full: 0, resumed: 0 })
  const { workers } = await app.stats(({ workers }) => JSON.stringify(sum(workers)) === JSON.stringify(counts))
  for (const { handshakes } of workers) t.same(handshakes, { full: counts.full / ids.length, resumed: counts.resumed / ids.length })

  process.kill(app.pid, 'SIGHUP')
  await app.event('reload-end')
  for (const { version, worker, session } of sessions) {
    t.same(sorted(await resume(t, url, version, session, [4, 5, 6])), all([4, 5, 6], true), `${version}, of worker ${worker}`)
  }
})

for (const version of VERSIONS) {
  t.test(`a ticket resumes after one change of keys, and costs a full handshake after two, ${version}`, async t => {
    const { app, url } = await serve(t, { workers: 2, ticketLifetime: 1_500 })
    const { ticket, seen, changes } = await outliveOneKey(t, app, url, version, async ticket => {
      const keys = await keysOf(url, [1, 2])
      return { keys, resumed: await resume(t, url, version, ticket, [1, 2]) }
    })
    t.equal(new Set(seen.keys).size, 1)
    t.same(sorted(seen.resumed), all([1, 2], true))
    await app.events('ticket-keys', changes + 1)
    const keys = await keysOf(url, [1, 2])
    t.notOk(keys.some(key => seen.keys.includes(key)))
    t.same(sorted(await resume(t, url, version, ticket, [1, 2])), all([1, 2], false))
    for (const key of [...seen.keys, ...keys]) t.notOk(app.raw.some(line => line.includes(key)), 'no key is in the log')
    t.same(app.failures, [])
    t.same(await app.stop(), { code: 0, signal: null })
  })
}

t.test('workers that start after a change of keys accept the former one too', async t => {
  const { app, url } = await serve(t, { workers: 1, ticketLifetime: 4_000 })
  let worker = 1
  const { seen } = await outliveOneKey(t, app, url, 'TLSv1.3', async ticket => {
    process.kill(app.pid, 'SIGHUP')
    await app.events('reload-end', worker++)
    return await resume(t, url, 'TLSv1.3', ticket, [worker])
  })
  t.same([...seen], [[worker, true]])
})

t.test('HTTP/2 sessions over TLS resume too', async t => {
  const { url } = await serve(t, { workers: 2 }, { fastify: { http2: true } })
  const first = await visitByHttp2(t, url)
  t.notOk(first.resumed)
  const others = [await visitByHttp2(t, url, first.session), await visitByHttp2(t, url, first.session)]
  t.same(others.map(({ worker, resumed }) => [worker, resumed]).sort(), [[1, true], [2, true]])
})

t.test('an app that calls setSecureContext() still resumes sessions, including earlier ones', async t => {
  const { url } = await serve(t, { workers: 2 })
  const { session } = await visit(t, url, { version: 'TLSv1.3' })
  const renewed = [await fetchJson<{ worker: number }>(`${url}/set-secure-context`), await fetchJson<{ worker: number }>(`${url}/set-secure-context`)]
  t.same(renewed.map(({ worker }) => worker).sort(), [1, 2])
  for (const ticket of [session, (await visit(t, url, { version: 'TLSv1.3' })).session]) {
    t.same(sorted(await resume(t, url, 'TLSv1.3', ticket, [1, 2])), all([1, 2], true))
  }
})

/** The workers' keys for tickets. Each worker knows every change that is in the log by now. */
async function keysOf (url: string, ids: number[]): Promise<string[]> {
  const seen = new Map<number, string>()
  while (!ids.every(id => seen.has(id))) {
    const { worker, keys } = await fetchJson<{ worker: number, keys: string }>(`${url}/ticket-keys`)
    seen.set(worker, keys)
  }
  return [...seen.values()]
}

/**
 * A ticket, and the result of `look` after one change of the key since. If there was another change in
 * between, or before the ticket, it starts again: the machine was busy.
 */
async function outliveOneKey<T> (t: Test, app: App, url: string, version: Version, look: (ticket: Buffer) => Promise<T>): Promise<{ ticket: Buffer, seen: T, changes: number }> {
  // In the log, the stats come after all changes that were before them.
  const count = async (): Promise<number> => {
    const { workers } = await app.stats()
    const { length } = app.lines.filter(({ event }) => event === 'ticket-keys')
    await keysOf(url, workers.map(({ id }) => id))
    return length
  }
  for (;;) {
    const before = await count()
    const { session: ticket } = await visit(t, url, { version })
    if (await count() > before) continue
    await app.events('ticket-keys', before + 1)
    const seen = await look(ticket)
    const changes = await count()
    if (changes === before + 1) return { ticket, seen, changes }
  }
}

async function visitByHttp2 (t: Test, url: string, session?: Buffer): Promise<{ worker: number, resumed: boolean, session: Buffer }> {
  const client = http2.connect(url, { ca, ...(session && { session }) })
  t.teardown(() => { client.destroy() })
  let latest: Buffer | undefined
  client.once('connect', (_, socket: tls.TLSSocket) => { socket.on('session', (given: Buffer) => { latest = given }) })
  await once(client, 'connect')
  const socket = client.socket as tls.TLSSocket
  const resumed = socket.isSessionReused()
  const { data } = await stream(client, { ':path': '/' })
  client.close()
  return { worker: (JSON.parse(data.toString()) as { worker: number }).worker, resumed, session: latest as Buffer }
}
