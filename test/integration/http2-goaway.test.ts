import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { type App, start } from '../helper.js'
import { distant, HIGHEST_STREAM, RawSession } from '../raw-session.js'

const MIB = 2 ** 20
const DOWNLOAD = 64 * MIB

/** Milliseconds of latency in each direction. */
const DISTANCE = 30

/** Enough clients that one of them has a stream on its way at any time. */
const CLIENTS = 10

const plain = { fastify: { http2: true } }

const kinds: Record<string, object> = {
  'without TLS': plain,
  'over TLS': { tls: {}, fastify: { http2: true } },
  'over TLS, with HTTP/1.1 allowed': { tls: { allowHTTP1: true }, fastify: { http2: true } }
}

async function serve (t: Test, server: object): Promise<{ app: App, url: string }> {
  const app = start(t, 'server.mjs', { options: { workers: 1, grace: 60_000 }, env: { SERVER: JSON.stringify(server) } })
  return { app, url: await app.url() }
}

async function ended (t: Test, app: App): Promise<void> {
  t.same(await app.ended, { code: 0, signal: null })
  t.match(await app.event('worker-exit'), { code: 0, signal: null })
}

t.test('without TLS: a distant client opens streams until it is told not to, and all of them are served', async t => {
  const { app, url } = await serve(t, plain)
  const client = await RawSession.connect(t, await distant(t, url, DISTANCE))
  const sending = (async () => {
    for (; !client.told; await pause(2)) client.get('/after/20')
  })()
  await client.until(() => client.answered.size > 20)
  process.kill(app.pid, 'SIGTERM')
  await sending
  await client.closed
  t.same(client.resets, [])
  t.equal(client.answered.size, (client.last + 1) / 2, 'each stream is answered')
  t.same([...new Set(client.goaways)], [HIGHEST_STREAM, client.last], 'a notice first, then the last stream')
  await ended(t, app)
})

for (const [name, server] of Object.entries(kinds)) {
  t.test(`${name}: a distant client that sends one stream after another loses none`, async t => {
    const { app, url } = await serve(t, server)
    const far = await distant(t, url, DISTANCE)
    const clients = await Promise.all(Array.from({ length: CLIENTS }, async () => await RawSession.connect(t, far)))
    const work = clients.map(async client => {
      while (!client.told) {
        const sent = client.get('/')
        await client.until(() => client.answered.has(sent))
      }
    })
    await Promise.all(clients.map(async client => { await client.until(() => client.answered.size > 2) }))
    process.kill(app.pid, 'SIGTERM')
    await Promise.all(work)
    for (const client of clients) {
      t.equal(client.answered.size, (client.last + 1) / 2)
      t.same(client.resets, [])
    }
    await ended(t, app)
  })

  t.test(`${name}: streams that are open when the last one is named are finished`, async t => {
    const { app, url } = await serve(t, server)
    const client = await RawSession.connect(t, url)
    const slow = client.get('/after/2000')
    const quick = client.get('/')
    await client.until(() => client.answered.has(quick)) // and so the one before it has arrived
    process.kill(app.pid, 'SIGTERM')
    await client.until(() => client.goaways.at(-1) === quick)
    t.notOk(client.answered.has(slow))
    await client.closed
    t.ok(client.answered.has(slow))
    t.same(client.resets, [])
    await ended(t, app)
  })

  t.test(`${name}: a client that is not reading gets its complete download when it reads`, async t => {
    const { app, url } = await serve(t, server)
    const client = await RawSession.connect(t, url)
    const download = client.get(`/bytes/${DOWNLOAD}`)
    await client.until(() => client.bytes > 0)
    client.socket.pause()
    await isFull(Number(new URL(url).port))
    process.kill(app.pid, 'SIGTERM')
    await app.event('drain') // there is no room for the notice now
    client.socket.resume()
    await client.until(() => client.answered.has(download))
    t.equal(client.bytes, DOWNLOAD)
    await client.closed
    await ended(t, app)
  })
}

t.test('a session with an endless stream is ended when grace is over', async t => {
  const app = start(t, 'server.mjs', { options: { workers: 1, grace: 500 }, env: { SERVER: JSON.stringify(plain) } })
  const client = await RawSession.connect(t, await app.url())
  const quick = [client.get('/after/600000'), client.get('/')][1] as number
  await client.until(() => client.answered.has(quick))
  process.kill(app.pid, 'SIGTERM')
  await client.closed
  await ended(t, app)
})

/**
 * Resolves when the connection of a server's port has no room left: the number of bytes in the kernel's send
 * queue stays the same.
 */
async function isFull (port: number): Promise<void> {
  const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`
  // sl local_address rem_address st tx_queue:rx_queue ...: https://docs.kernel.org/networking/proc_net_tcp.html
  const waiting = (): string => readFileSync('/proc/net/tcp', 'utf8').split('\n')
    .map(line => line.trim().split(/\s+/)).find(([, address, , state]) => address === local && state === '01')?.[4]?.split(':')[0] ?? ''
  for (let same = 0, before = ''; same < 10; await pause(20)) {
    const now = waiting()
    same = now === before && !/^0*$/.test(now) ? same + 1 : 0
    before = now
  }
}
