import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import t, { type Test } from 'tap'
import { begin, type Digest, openSession, RawClient, sha256, stream } from '../clients.js'
import { type App, perLane, request, start } from '../helper.js'

const MIB = 2 ** 20
const WORKERS = 2

/** More than the buffers in between hold: the server cannot have sent it all before the client reads. */
const DOWNLOAD = 48 * MIB

/** The app has exited by itself, within grace, and left nothing behind. */
async function ended (t: Test, app: App): Promise<void> {
  t.same(await app.ended, { code: 0, signal: null })
  t.notOk(app.lines.some(({ event }) => event === 'worker-kill'), 'no worker had to be killed')
  t.same(await app.leftBehind(), [])
}

const promise = 'SIGTERM to the primary: requests in progress are finished, then everything exits with code 0'

perLane(t, `${promise}, HTTP/1.1`, async (t, lane) => { await finishes(t, lane, {}) })

t.test(`${promise}, HTTPS`, async t => { await finishes(t, 'auto', { tls: {} }) })

async function finishes (t: Test, lane: string, server: object): Promise<void> {
  const app = start(t, 'server.mjs', { options: { workers: WORKERS, lane, grace: 60_000 }, env: { SERVER: JSON.stringify(server) } })
  const url = await app.url()

  const upload = await RawClient.connect(t, url)
  const body = randomBytes(MIB)
  upload.post('/digest', body.length)
  upload.write(body.subarray(0, 1000))
  await app.event('upload')

  const download = begin(`${url}/bytes/${DOWNLOAD}`, { agent: false })
  download.end()
  const [res] = await once(download, 'response') as [http.IncomingMessage] // not read yet

  const slow = await RawClient.connect(t, url)
  slow.get('/after/1500')
  const slowAnswer = slow.answer()

  const pipelined = await RawClient.connect(t, url)
  pipelined.get('/after/1500', '/', '/at-once')

  // These continue until the server says that it closes. When they have had their first answers, all earlier
  // connections have arrived.
  const busy = await Promise.all(Array.from({ length: 4 }, async () => await RawClient.connect(t, url)))
  for (const client of busy) {
    client.get('/')
    await client.answer()
  }
  const rounds = busy.map(async client => {
    for (;;) {
      client.get('/')
      const { status, headers } = await client.answer()
      if (status !== 200 || headers.connection === 'close') return status
    }
  })

  process.kill(app.pid, 'SIGTERM')
  await app.event('stop')
  t.same(await Promise.all(rounds), [200, 200, 200, 200], 'every answer is complete, and the last one has Connection: close')
  t.same(await Promise.all(busy.map(async ({ closed }) => await closed)), ['end', 'end', 'end', 'end'])

  // By now each worker is draining.
  await t.rejects(request(url.replace('https:', 'http:')), { code: 'ECONNREFUSED' })
  t.match(await slowAnswer, { status: 200, headers: { connection: 'close' } })
  for (let i = 0; i < 3; i++) t.equal((await pipelined.answer()).status, 200)
  upload.write(body.subarray(1000))
  const answer = await upload.answer()
  t.match(answer, { status: 200, headers: { connection: 'close' } })
  t.match(JSON.parse(answer.body) as Digest, { bytes: MIB, sha256: sha256(body) })
  let received = 0
  for await (const chunk of res) received += (chunk as Buffer).length
  t.equal(received, DOWNLOAD)
  await ended(t, app)
}

for (const [name, server] of Object.entries({ 'over TLS': { tls: {}, fastify: { http2: true } }, 'without TLS': { fastify: { http2: true } } })) {
  t.test(`SIGTERM to the primary: HTTP/2 sessions get GOAWAY, and their streams are finished, ${name}`, async t => {
    const app = start(t, 'server.mjs', { options: { workers: WORKERS, grace: 60_000 }, env: { SERVER: JSON.stringify(server) } })
    const url = await app.url()
    const sessions = [await openSession(t, url), await openSession(t, url)]
    const goaways = sessions.map(async session => (await once(session, 'goaway') as [number, number])[0])

    const body = randomBytes(MIB)
    const uploads = sessions.map((session, id) => {
      const upload = session.request({ ':path': '/digest', ':method': 'POST', 'content-type': 'application/octet-stream', 'x-id': id })
      upload.write(body.subarray(0, 1000))
      return upload
    })
    for (const id of sessions.keys()) await app.event('upload', line => line.id === String(id))
    const slow = sessions.map(async session => await stream(session, { ':path': '/after/1500' }))
    const downloads = sessions.map(session => session.request({ ':path': `/bytes/${MIB}` }))
    // When their first bytes have arrived, the server has seen all earlier streams.
    await Promise.all(downloads.map(async download => { await once(download, 'response') }))

    process.kill(app.pid, 'SIGTERM')
    t.same(await Promise.all(goaways), [0, 0], 'GOAWAY with NO_ERROR')
    for (const { status } of await Promise.all(slow)) t.equal(status, 200)
    for (const download of downloads) t.equal(Buffer.concat(await download.toArray() as Buffer[]).length, MIB)
    for (const upload of uploads) {
      upload.end(body.subarray(1000))
      const [answer] = await once(upload, 'response')
      t.equal(answer[':status'], 200)
      t.match(JSON.parse(Buffer.concat(await upload.toArray() as Buffer[]).toString()), { bytes: MIB, sha256: sha256(body) })
    }
    await ended(t, app)
  })
}
