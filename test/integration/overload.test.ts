import t from 'tap'
import { attempt, type Outcome } from '../client.js'
import { fetchBytes, RawClient } from '../clients.js'
import { type App, descriptors, perLane, start } from '../helper.js'

// A worker that is stopped by SIGSTOP takes nothing: new connections are un-acked, or pending.

/** The number of new connections at once: many times `maxPending`. */
const BURST = 200

interface Stopped {
  app: App
  url: string
  pid: number
  /** The number of the primary's descriptors before. */
  before: number
  goOn: () => void
}

async function stopped (t: Parameters<typeof start>[0], fixture: string, options: object, env: NodeJS.ProcessEnv = {}): Promise<Stopped> {
  const app = start(t, fixture, { options: { workers: 1, takeBackAfter: 0, ...options }, env })
  const url = await app.url()
  const [pid] = await app.workers(1) as [number]
  const before = descriptors(app.pid)
  process.kill(pid, 'SIGSTOP')
  return { app, url, pid, before, goOn: () => { process.kill(pid, 'SIGCONT') } }
}

/** Sends one request after another, each when the primary has the one before. */
async function send (app: App, url: string, count: number, counts: (stats: { pending: number, shed: number, unacked: number }) => number): Promise<Array<Promise<Outcome>>> {
  const outcomes = []
  for (let sent = 1; sent <= count; sent++) {
    outcomes.push(attempt(url))
    await app.stats(({ pending, shed, workers: [worker] }) => counts({ pending, shed, unacked: worker?.unacked ?? 0 }) === sent)
  }
  return outcomes
}

const all = ({ pending, shed, unacked }: { pending: number, shed: number, unacked: number }): number => pending + shed + unacked

perLane(t, 'shed: connections beyond maxPending are answered 503, and admitted ones are served', async (t, lane) => {
  const { app, url, before, goOn } = await stopped(t, 'app.mjs', { lane, maxPending: 2, onOverload: 'shed' })
  const [first, ...others] = await send(app, url, 6, all) as [Promise<Outcome>, ...Array<Promise<Outcome>>]
  const shed = await Promise.all(others.slice(2))
  for (const { answer, error } of shed) {
    t.equal(error, undefined)
    t.match(answer, { status: 503, headers: { 'retry-after': /^\d+$/, connection: 'close' } })
    t.match(JSON.parse(answer?.body as string), { statusCode: 503, error: 'Service Unavailable' })
  }
  t.match(await app.event('overloaded'), { level: 40, pending: 2, maxPending: 2 })
  goOn()
  for (const { answer } of await Promise.all([first, ...others.slice(0, 2)])) t.equal(answer?.status, 200)
  t.match(await app.event('overload-end'), { level: 30, shed: 3 })
  t.equal(app.lines.filter(({ event }) => event === 'overloaded').length, 1)
  await app.stats(({ shed, pending }) => shed === 3 && pending === 0 && descriptors(app.pid) === before)
})

for (const [what, server] of Object.entries({ TLS: { tls: {} }, 'HTTP/2 without TLS': { fastify: { http2: true } } })) {
  perLane(t, `shed: with ${what} connections beyond maxPending are reset`, async (t, lane) => {
    const { app, url, goOn } = await stopped(t, 'server.mjs', { lane, maxPending: 1, onOverload: 'shed' }, { SERVER: JSON.stringify(server) })
    const plain = url.replace('https', 'http') // they are reset before any data is sent
    const connect = async (): Promise<string> => {
      try {
        return await (await RawClient.connect(t, plain)).closed
      } catch (err) { // it was reset before its connect() was done
        return (err as NodeJS.ErrnoException).code as string
      }
    }
    // The first ones are with the worker, or pending; later ones are reset.
    const clients = [connect()]
    while (!app.lines.some(({ event }) => event === 'overloaded')) {
      clients.push(connect())
      await new Promise(setImmediate)
    }
    clients.push(connect())
    t.equal(await Promise.race(clients), 'ECONNRESET')
    goOn()
  })
}

t.test('wait: in the native lane, connections beyond maxPending wait in the kernel, and are served', async t => {
  const { app, url, before, goOn } = await stopped(t, 'app.mjs', { lane: 'native', maxPending: 4 })
  const outcomes = await send(app, url, 5, all)
  outcomes.push(...Array.from({ length: 30 }, async () => await attempt(url)))
  await app.event('overloaded')
  t.match(await app.stats(), { pending: 4, shed: 0 })
  goOn()
  for (const { answer } of await Promise.all(outcomes)) t.equal(answer?.status, 200)
  await app.stats(({ shed, pending }) => shed === 0 && pending === 0 && descriptors(app.pid) === before)
})

t.test('wait: the ipc lane closes the newest, and admitted ones are served', async t => {
  const { app, url, goOn } = await stopped(t, 'app.mjs', { lane: 'ipc', maxPending: 2 })
  const outcomes = await send(app, url, 5, all)
  for (const { error } of await Promise.all(outcomes.slice(3))) t.equal(error?.code, 'ECONNRESET')
  goOn()
  for (const { answer } of await Promise.all(outcomes.slice(0, 3))) t.equal(answer?.status, 200)
})

for (const [what, { server = {}, ...options }] of Object.entries<{ onOverload: string, server?: object }>({
  wait: { onOverload: 'wait' },
  shed: { onOverload: 'shed' },
  'shed, with TLS': { onOverload: 'shed', server: { tls: {} } }
})) {
  t.test(`${what}: in the ipc lane a burst of connections to idle workers is served, and none is closed`, async t => {
    const app = start(t, 'server.mjs', { options: { workers: 2, lane: 'ipc', maxPending: 4, pendingTimeout: 60_000, ...options }, env: { SERVER: JSON.stringify(server) } })
    const url = await app.url()
    const before = descriptors(app.pid)
    const outcomes = await Promise.all(Array.from({ length: BURST }, async () => {
      try {
        return (await fetchBytes(url)).res.statusCode
      } catch (err) {
        return (err as NodeJS.ErrnoException).code
      }
    }))
    t.same([...new Set(outcomes)], [200])
    await app.event('overload-end')
    t.match(await app.stats(({ pending }) => pending === 0 && descriptors(app.pid) === before), { shed: 0 })
  })
}

perLane(t, 'connections that are pending for longer than pendingTimeout are answered 503', async (t, lane) => {
  const { app, url, goOn } = await stopped(t, 'app.mjs', { lane, pendingTimeout: 200 })
  const [first, late] = await send(app, url, 2, all) as [Promise<Outcome>, Promise<Outcome>]
  t.match(await late, { answer: { status: 503 } })
  t.match(await app.event('pending-timeout'), { level: 40, pendingTimeout: 200 })
  goOn()
  t.match(await first, { answer: { status: 200 } }, 'the worker keeps the connections that it was sent')
})

perLane(t, 'the primary stops with pending connections, and with clients that linger after their 503', async (t, lane) => {
  const { app, url, goOn } = await stopped(t, 'app.mjs', { lane, maxPending: 1, onOverload: 'shed', grace: 1_000 })
  const outcomes = await send(app, url, 4, all)
  process.kill(app.pid, 'SIGTERM')
  goOn()
  t.same(await app.ended, { code: 0, signal: null })
  await Promise.all(outcomes)
  t.same(await app.leftBehind(), [])
})
