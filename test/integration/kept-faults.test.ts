import t from 'tap'
import { descriptors } from '../helper.js'
import { connectKept, held, KeptClient, returned, serveKept, SOON } from '../kept.js'

const KINDS = {
  file: /ENOTSOCK/,
  listener: /ENOTSOCK/,
  'another key': /it returned a connection of other:1, which it does not serve/,
  'bad notes': /EPROTO/,
  'no reason': /EPROTO/,
  'a handle': /it sent a descriptor with an internal message/,
  'too many': /it returned more connections than it was sent/
}

for (const [what, reason] of Object.entries(KINDS)) {
  t.test(`a worker that returns what it must not (${what}) is killed, and nothing else suffers`, async t => {
    const { app, url } = await serveKept(t, { workers: 1, lane: 'native', returnAfter: SOON })
    const clients = await connectKept(t, url, 3)
    await held(app, 3)
    const before = descriptors(app.pid)
    const hostile = await KeptClient.connect(t, url)
    hostile.raw.get(`/returns/${encodeURIComponent(what)}`)
    const { err } = await app.event('lane-error') as unknown as { err: { message: string } }
    t.match(err.message, reason)
    t.match(await app.event('worker-exit'), { workerId: 1, signal: 'SIGKILL' })
    await app.workers(1)
    t.same(await Promise.all(clients.map(async client => await client.ask())), [2, 2, 2], 'what was held lives on')
    await held(app, 3)
    await app.stats(() => descriptors(app.pid) <= before)
    t.match(returned(await app.stats()), { rescue: 0 })
    t.same(await app.stop(), { code: 0, signal: null })
  })
}
