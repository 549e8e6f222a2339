import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import { setImmediate as turn } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { Stats } from '../../types/index.js'
import { begin, type Digest, fetchBytes, fetchJson, RawClient, sha256 } from '../clients.js'
import { type App, inTurn, perLane, start } from '../helper.js'

const MIB = 2 ** 20
const UPLOAD = { method: 'POST', headers: { 'content-type': 'application/octet-stream' } }

interface Hello { worker: number, ip: string }

async function serve (t: Test, lane: string, server: object, workers = 2): Promise<{ app: App, url: string }> {
  const app = start(t, 'server.mjs', { options: { workers, lane, ...inTurn }, env: { SERVER: JSON.stringify(server) } })
  return { app, url: await app.url() }
}

perLane(t, 'the server cannot tell what a client does on its connection from what it does in a single process', async (t, lane) => {
  const { app, url } = await serve(t, lane, { props: { httpAllowHalfOpen: true } })

  await t.test("request.ip is the client's address, not the primary's", async t => {
    for (const localAddress of ['127.0.0.1', '127.0.0.2']) {
      t.match(await fetchJson<Hello>(url, { localAddress }), { ip: localAddress })
    }
  })

  await t.test('keep-alive: all requests on one connection reach one worker', async t => {
    const clients = [await RawClient.connect(t, url), await RawClient.connect(t, url)]
    const workers = await Promise.all(clients.map(async client => {
      const served = new Set<number>()
      for (let i = 0; i < 5; i++) {
        client.get('/')
        served.add(await client.worker())
      }
      return [...served]
    }))
    t.same(workers.flat().sort(), [1, 2])
  })

  await t.test('pipelining: all requests are answered, in order', async t => {
    const client = await RawClient.connect(t, url)
    client.get('/after/50', '/none-1', '/after/10', '/none-2', '/')
    const answers = []
    for (let i = 0; i < 5; i++) answers.push(await client.answer())
    t.match(answers, [
      { status: 200 },
      { status: 404, body: /none-1/ },
      { status: 200 },
      { status: 404, body: /none-2/ },
      { status: 200 }
    ])
  })

  await t.test('Expect: 100-continue is answered before the body', async t => {
    const body = randomBytes(1000)
    const req = begin(`${url}/digest`, { ...UPLOAD, headers: { ...UPLOAD.headers, expect: '100-continue', 'content-length': body.length } })
    req.flushHeaders()
    await once(req, 'continue')
    req.end(body)
    const [res] = await once(req, 'response') as [http.IncomingMessage]
    t.match(JSON.parse(Buffer.concat(await res.toArray() as Buffer[]).toString()), { bytes: 1000, sha256: sha256(body) })
  })

  await t.test('a body streamed in both directions arrives as it was sent', async t => {
    const body = randomBytes(8 * MIB)
    const { res, data } = await fetchBytes(`${url}/mirror`, UPLOAD, body)
    t.equal(res.headers['transfer-encoding'], 'chunked')
    t.equal(sha256(data), sha256(body))
  })

  await t.test('a slow upload is read to its end', async t => {
    const body = randomBytes(64 * 1024)
    const client = await RawClient.connect(t, url)
    client.post('/digest', body.length, { 'X-Id': 'slow' })
    for (let at = 0; at < body.length; at += 1024) {
      client.write(body.subarray(at, at + 1024))
      if (at === 0) await app.event('upload', ({ id }) => id === 'slow')
      await turn()
    }
    t.match(JSON.parse((await client.answer()).body) as Digest, { bytes: body.length, sha256: sha256(body) })
  })

  await t.test('httpAllowHalfOpen: a client that closes its side after the request still gets the answer', async t => {
    const client = await RawClient.connect(t, url)
    client.get('/after/100')
    client.socket.end()
    t.equal((await client.answer()).status, 200)
    t.equal(await client.closed, 'end')
  })

  await t.test('a client that disconnects in the middle of an answer does no harm', async t => {
    const client = await RawClient.connect(t, url)
    client.get(`/bytes/${64 * MIB}`)
    await client.until('\r\n\r\n')
    client.socket.destroy()
    await app.event('aborted')
    t.match((await fetchJson<Stats>(`${url}/stats`)).workers, [{ state: 'ready' }, { state: 'ready' }])
  })

  t.same(app.lines.filter(({ event }) => event === 'worker-exit'), [])
})

t.test('half-open clients without httpAllowHalfOpen get what is answered at once, as in a single process', async t => {
  for (const workers of [0, 2]) {
    const { url } = await serve(t, 'auto', {}, workers)
    const quick = await RawClient.connect(t, url)
    quick.get('/at-once')
    quick.socket.end()
    t.equal((await quick.answer()).status, 200)
    t.equal(await quick.closed, 'end')
    const slow = await RawClient.connect(t, url)
    slow.get('/after/1000')
    slow.socket.end()
    await t.rejects(slow.answer(), /the server closed/)
  }
})

t.test("the server's timeouts apply", async t => {
  const { url } = await serve(t, 'auto', {
    fastify: {
      keepAliveTimeout: 200,
      requestTimeout: 400,
      // The last three must do no harm.
      http: { headersTimeout: 200, connectionsCheckingInterval: 50, noDelay: true, keepAlive: true, keepAliveInitialDelay: 1000 }
    }
  })

  await t.test('headersTimeout: incomplete headers are answered with 408', async t => {
    const client = await RawClient.connect(t, url)
    client.write('GET / HTTP/1.1\r\nHost: local')
    t.equal((await client.answer()).status, 408)
    await client.closed
  })

  await t.test('headersTimeout: silence is answered with 408', async t => {
    const client = await RawClient.connect(t, url)
    t.equal((await client.answer()).status, 408)
    await client.closed
  })

  await t.test('requestTimeout: an incomplete body is answered with 408', async t => {
    const client = await RawClient.connect(t, url)
    client.post('/digest', 1000)
    client.write('half of it')
    t.equal((await client.answer()).status, 408)
    await client.closed
  })

  await t.test('keepAliveTimeout: an idle connection is closed', async t => {
    const client = await RawClient.connect(t, url)
    client.get('/')
    t.equal((await client.answer()).status, 200)
    t.equal(await client.closed, 'end')
  })
})

perLane(t, 'maxConnections: a full worker refuses, and waiting clients are served as soon as a worker has room', async (t, lane) => {
  const { url } = await serve(t, lane, { props: { maxConnections: 1 } })
  const [first, second, third] = [await RawClient.connect(t, url), await RawClient.connect(t, url), await RawClient.connect(t, url)] as const
  for (const client of [first, second]) client.get('/')
  const workers = [await first.worker(), await second.worker()]
  t.same([...workers].sort(), [1, 2])
  third.get('/')
  // Both have refused the third by then.
  for (let refusals: number[] = []; refusals.length < 2;) {
    first.get('/stats')
    const stats = JSON.parse((await first.answer()).body) as Stats
    refusals = stats.workers.map(({ refused }) => refused).filter(refused => refused > 0)
  }
  second.socket.destroy()
  t.equal(await third.worker(), workers[1])
})

perLane(t, "dropMaxConnection: connections beyond maxConnections are dropped, with Node's own event", async (t, lane) => {
  const { app, url } = await serve(t, lane, { props: { maxConnections: 1, dropMaxConnection: true } }, 1)
  const first = await RawClient.connect(t, url)
  first.get('/')
  await first.answer()
  const second = await RawClient.connect(t, url)
  await second.closed
  t.match(await app.event('drop'), { workerId: 1, what: { remoteAddress: '127.0.0.1', remotePort: Number } })
  first.get('/')
  t.equal(await first.worker(), 1)
}, { skip: Number(process.versions.node.split('.')[0]) < 22 && 'Node has no dropMaxConnection before 22' })
