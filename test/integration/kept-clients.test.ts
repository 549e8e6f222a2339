import { once } from 'node:events'
import t from 'tap'
import { perLane } from '../helper.js'
import { aSecondLater, held, KeptClient, LATER, returned, serveKept, SOON } from '../kept.js'

// Clients that do what libraries do not. Each is answered as in a plain server, and moves only when it is idle.

const REQUEST = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'
const [HALF, REST] = [REQUEST.slice(0, 20), REQUEST.slice(20)] as [string, string]
const UPLOAD = 'POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 8\r\n\r\n'

const parts = [
  { what: 'half a header', first: HALF, rest: REST, answer: /^\{"worker":1/ },
  { what: 'a header, and half of its body', first: `${UPLOAD}half`, rest: 'more', answer: /^halfmore$/ },
  { what: 'a pipelined request, and half of the next', first: `${REQUEST}${HALF}`, rest: REST, answer: /^\{"worker":1/, before: 1 }
]

for (const { what, first, rest, answer, before = 0 } of parts) {
  perLane(t, `a client that sends ${what}, and waits, is not moved by time, and is answered by its worker`, async (t, lane) => {
    const { app, url } = await serveKept(t, { workers: 1, lane, returnAfter: SOON })
    const { raw } = await KeptClient.connect(t, url)
    await held(app, 1)
    raw.write(first)
    for (let i = 0; i < before; i++) await raw.answer()
    await app.stats(({ held, workers }) => held === 0 && workers[0]?.open === 1)
    t.match(await aSecondLater(app), { held: 0, workers: [{ open: 1, returned: { time: 1 } }] })
    raw.write(rest)
    t.match(await raw.answer(), { status: 200, body: answer })
    await held(app, 1)
  })

  perLane(t, `a client that sends ${what}, and waits, is not moved by a drain until it is answered`, async (t, lane) => {
    const { app, url } = await serveKept(t, { workers: 1, lane, grace: LATER, returnAfter: LATER })
    const { raw } = await KeptClient.connect(t, url)
    raw.write(first)
    for (let i = 0; i < before; i++) await raw.answer()
    if (before === 0) {
      // The worker reads in order: what came earlier has been read when this is answered.
      const other = await KeptClient.connect(t, url)
      await other.ask()
      other.raw.socket.destroy()
    }
    process.kill(app.pid, 'SIGHUP')
    await app.event('drain', ({ workerId }) => workerId === 1)
    t.match(await aSecondLater(app), { held: 0 })
    raw.write(rest)
    t.match(await raw.answer(), { status: 200, headers: { connection: 'keep-alive' }, body: answer })
    await app.event('reload-end')
    raw.get('/')
    t.equal(await raw.worker(), 2)
  })
}

perLane(t, 'a stray CRLF between two requests harms nothing: before the connection moves, while it is held, and after it has moved', async (t, lane) => {
  const { app, url } = await serveKept(t, { workers: 1, lane, returnAfter: SOON })
  const client = await KeptClient.connect(t, url)
  client.raw.write('\r\n')
  await held(app, 1)
  client.raw.write('\r\n') // it wakes the primary, and the worker that gets it sees no request
  client.raw.get('/')
  t.equal(await client.answered(), 1)
  await held(app, 1)
  t.equal(await client.ask(), 1)
})

perLane(t, 'a client that sends requests without waiting for answers gets all of them, in order, while workers are replaced', async (t, lane) => {
  const { app, url } = await serveKept(t, { workers: 2, lane, grace: LATER, returnAfter: SOON })
  const { raw } = await KeptClient.connect(t, url)
  let [sent, read] = [0, 0]
  const readTo = async (count: number): Promise<void> => {
    for (; read < count; read++) {
      const { body, headers: { connection } } = await raw.answer()
      if (body !== String(read) || connection === 'close') throw new Error(`answer ${read}: ${body}, connection: ${connection}`)
    }
  }
  process.kill(app.pid, 'SIGHUP')
  const reloaded = (): boolean => app.lines.some(({ event }) => event === 'reload-end')
  while (!reloaded() || sent < 500) {
    for (let i = 0; i < 7; i++) {
      const body = String(sent++)
      raw.write(`POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
    }
    await readTo(sent - 3)
  }
  await readTo(sent)
  t.ok(reloaded())
})

perLane(t, 'a client that ends its half of a kept connection gets the end, wherever that connection is', async (t, lane) => {
  const { app, url } = await serveKept(t, { workers: 1, lane, returnAfter: SOON })
  const whileHeld = await KeptClient.connect(t, url)
  await held(app, 1)
  whileHeld.raw.socket.end()
  t.equal(await whileHeld.raw.closed, 'end')
  const atOnce = await KeptClient.connect(t, url)
  atOnce.raw.socket.end()
  t.equal(await atOnce.raw.closed, 'end')
  await held(app, 0)
})

perLane(t, 'a request whose client has ended its half is answered, on a connection that was held too', async (t, lane) => {
  const { app, url } = await serveKept(t, { workers: 1, lane, returnAfter: SOON })
  const { raw } = await KeptClient.connect(t, url)
  await held(app, 1)
  raw.socket.end(REQUEST)
  t.match(await raw.answer(), { status: 200, body: /"worker":1/ })
  t.equal(await raw.closed, 'end')
  await held(app, 0)
})

perLane(t, 'a client that resets its connection in the middle of a request harms nobody, before or after it has moved', async (t, lane) => {
  const { app, url } = await serveKept(t, { workers: 1, lane, returnAfter: SOON })
  const other = await KeptClient.connect(t, url)
  for (const text of [HALF, `${UPLOAD}half`, REQUEST]) {
    const { raw } = await KeptClient.connect(t, url)
    await held(app, 2)
    raw.write(text)
    if (text === REQUEST) await raw.answer()
    raw.socket.resetAndDestroy()
    await once(raw.socket, 'close')
    await app.stats(({ held, workers }) => held === 1 && workers[0]?.open === 0)
  }
  t.equal(await other.ask(), 1)
  t.same(app.failures, [])
})

perLane(t, 'a slow upload that begins on a held connection arrives as it was sent', async (t, lane) => {
  const { app, url } = await serveKept(t, { workers: 1, lane, returnAfter: SOON })
  const client = await KeptClient.connect(t, url)
  const { raw } = client
  await held(app, 1)
  for (const part of UPLOAD.match(/[^]{1,30}/g) as string[]) {
    raw.write(part)
    await app.stats()
  }
  for (const part of 'halfmore') {
    raw.write(part)
    await app.stats()
  }
  t.match(await raw.answer(), { status: 200, body: 'halfmore' })
  await held(app, 1)
  t.equal(await client.ask(), 1)
})

perLane(t, 'a client that says Connection: close gets that, and is never moved', async (t, lane) => {
  const { app, url } = await serveKept(t, { workers: 1, lane, returnAfter: SOON })
  const { raw } = await KeptClient.connect(t, url)
  await held(app, 1)
  raw.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  t.match(await raw.answer(), { status: 200, headers: { connection: 'close' } })
  t.equal(await raw.closed, 'end')
  t.same(returned(await held(app, 0)), { drain: 0, time: 1, rescue: 0 })
})

perLane(t, 'a request that no parser takes is answered 400, on a connection that was held too', async (t, lane) => {
  const { app, url } = await serveKept(t, { workers: 1, lane, returnAfter: SOON })
  const { raw } = await KeptClient.connect(t, url)
  await held(app, 1)
  raw.write('no request\r\n\r\n')
  t.match(await raw.until('\r\n\r\n'), /^HTTP\/1\.1 400 /)
  await raw.closed
  await held(app, 0)
})

perLane(t, 'a connection is not moved while it is being answered by a listener that has taken the request away from the others', async (t, lane) => {
  const { app, url } = await serveKept(t, { workers: 1, lane, returnAfter: SOON })
  const client = await KeptClient.connect(t, url)
  client.raw.get('/taken')
  const { workerPid } = await app.event('worker-ready')
  await app.event('waits')
  t.match(await aSecondLater(app), { held: 0, workers: [{ open: 1 }] })
  process.kill(workerPid as number, 'SIGUSR2')
  t.equal(await client.answered(), 1)
  await held(app, 1)
})
