import t, { type Test } from 'tap'
import { perLane, start } from '../helper.js'
import { type Client, http1Clients, http2Clients, Load } from '../load.js'

interface Kind { server: object, clients: (t: Test, url: string) => Record<string, Client> }

const http1: Kind = { server: {}, clients: http1Clients }

const kinds: Record<string, Kind> = {
  HTTPS: { server: { tls: {} }, clients: http1Clients },
  'HTTP/2 over TLS': { server: { tls: {}, fastify: { http2: true } }, clients: http2Clients },
  'HTTP/2 without TLS': { server: { fastify: { http2: true } }, clients: http2Clients }
}

const promise = 'SIGTERM to a worker under load: it exits, another takes its place, and no request fails'

perLane(t, `${promise}, HTTP/1.1`, async (t, lane) => { await replaceUnderLoad(t, lane, http1) })

for (const [name, kind] of Object.entries(kinds)) {
  t.test(`${promise}, ${name}`, async t => { await replaceUnderLoad(t, 'auto', kind) })
}

async function replaceUnderLoad (t: Test, lane: string, { server, clients }: Kind): Promise<void> {
  const app = start(t, 'server.mjs', { options: { workers: 2, lane, grace: 60_000 }, env: { SERVER: JSON.stringify(server) } })
  const url = await app.url()
  const pids = await app.workers(2)
  const load = new Load(clients(t, url))
  await load.more(100)
  for (const pid of pids) {
    process.kill(pid, 'SIGTERM')
    t.match(await app.event('worker-exit', ({ workerPid }) => workerPid === pid), { code: 0, signal: null })
    await load.more(100)
  }
  await app.events('worker-ready', 4)
  await load.more(100)
  t.same(await load.stop(), [])
  t.same(await app.stop(), { code: 0, signal: null })
}
