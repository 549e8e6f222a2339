import t, { type Test } from 'tap'
import { fetchBytes, openSession, stream } from '../clients.js'
import { perLane, start } from '../helper.js'

const kinds: Record<string, object> = {
  'HTTP/1.1': {},
  HTTPS: { https: {} },
  'HTTP/2 without TLS': { http2: true },
  'HTTP/2 over TLS': { http2: true, https: {} }
}

/** The AsyncLocalStorage stores that an app sees, from listen() to the end of a connection. */
async function stores (t: Test, server: object, options: { workers: number, lane?: string }): Promise<string[]> {
  const app = start(t, 'async-context.mjs', { options, env: { SERVER: JSON.stringify(server) } })
  const url = await app.url()
  if ('http2' in server) {
    const session = await openSession(t, url)
    t.equal((await stream(session, { ':path': '/' })).status, 200)
    session.close()
  } else {
    t.equal((await fetchBytes(url)).res.statusCode, 200)
  }
  await app.event('store', ({ where }) => where === "'close' of a socket")
  const lines = app.lines.filter(({ event, pid }) => event === 'store' && (options.workers === 0 || pid !== app.pid))
  await app.stop()
  return [...new Set(lines.map(({ where, store }) => `${String(where)}: ${String(store)}`))].sort()
}

for (const [name, server] of Object.entries(kinds)) {
  let single: string[] | undefined // it has no lane
  perLane(t, `the server cannot tell: each connection has the AsyncLocalStorage store of listen(), ${name}`, async (t, lane) => {
    single ??= await stores(t, server, { workers: 0 })
    t.ok(single.includes('a handler: of listen()'))
    t.same(await stores(t, server, { workers: 1, lane }), single)
  })
}
