import { networkInterfaces } from 'node:os'
import t, { type Test } from 'tap'
import { type App, fixturePath, hooked, type Line, perLane, request, start, type StartOptions } from '../helper.js'

const WORKERS = 2

interface Address { address: string, family: string, port: number }

const noIPv6 = Object.values(networkInterfaces()).flat().every(one => one?.address !== '::1') &&
  'this machine has no IPv6 loopback address'

/** Starts the app; resolves with the result of listen() in each process, the primary's first. */
async function listen (t: Test, lane: string, { way = 'promise', ...rest }: StartOptions & { way?: string } = {}): Promise<{ app: App, listened: Line[] }> {
  const app = start(t, 'listen.mjs', { options: { workers: WORKERS, lane }, env: { WAY: way }, ...rest })
  const listened = await app.events('listened', WORKERS + 1)
  return { app, listened: listened.sort((a, b) => (a.workerId ?? 0) - (b.workerId ?? 0)) }
}

function onPort (addresses: Address[], port: number): Address[] {
  return addresses.map(address => ({ ...address, port }))
}

function origin ({ address, family, port }: Address): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}

/** The client's address as the app sees it. */
async function ip (origin: string): Promise<string> {
  return (JSON.parse((await request(origin)).body) as { ip: string }).ip
}

perLane(t, 'the server cannot tell, port 0: every process reports the one real port, as a single process would', async (t, lane) => {
  const { app, listened } = await listen(t, lane, { listen: { port: 0, host: '127.0.0.1' } })
  const { port } = (listened[0] as Line).address as Address
  t.ok(port > 0)
  for (const line of listened) {
    t.match(line, {
      result: `http://127.0.0.1:${port}`,
      listening: true,
      address: { address: '127.0.0.1', family: 'IPv4', port },
      addresses: [{ address: '127.0.0.1', family: 'IPv4', port }]
    }, `worker ${line.workerId ?? 'none'}`)
  }
  t.same(listened.map(({ workerId }) => workerId), [undefined, 1, 2])
  const hooks = await app.events('on-listen', WORKERS + 1)
  t.equal(hooks.length, WORKERS + 1, 'each process runs its onListen hooks, once')
  t.equal((await request(`http://127.0.0.1:${port}`)).status, 200)
})

t.test('host, an IPv6 address: served there', { skip: noIPv6 }, async t => {
  const { listened } = await listen(t, 'auto', { listen: { port: 0, host: '::1' } })
  const { port } = (listened[0] as Line).address as Address
  for (const { address } of listened) t.same(address, { address: '::1', family: 'IPv6', port })
  t.equal(await ip(`http://[::1]:${port}`), '::1')
})

perLane(t, 'host ::, served in both families on one port', async (t, lane) => {
  const { listened } = await listen(t, lane, { listen: { port: 0, host: '::' } })
  const { port } = (listened[0] as Line).address as Address
  for (const { address } of listened) t.same(address, { address: '::', family: 'IPv6', port })
  t.equal(await ip(`http://[::1]:${port}`), '::1')
  t.equal(await ip(`http://127.0.0.1:${port}`), '::ffff:127.0.0.1')
}, { skip: noIPv6 })

t.test('ipv6Only: host :: does not include IPv4', { skip: noIPv6 }, async t => {
  const { listened } = await listen(t, 'auto', { listen: { port: 0, host: '::', ipv6Only: true } })
  const { port } = (listened[0] as Line).address as Address
  t.equal(await ip(`http://[::1]:${port}`), '::1')
  await t.rejects(request(`http://127.0.0.1:${port}`), { code: 'ECONNREFUSED' })
})

t.test('host localhost: all its addresses are served, and reported as by a single process', async t => {
  const single = start(t, 'listen.mjs', { options: { workers: 0 }, listen: { port: 0 } })
  const { addresses: expected } = await single.event('listened')
  const { listened } = await listen(t, 'auto', { listen: { port: 0 } })
  const { port } = (listened[0] as Line).address as Address
  for (const { addresses } of listened) t.same(addresses, onPort(expected as Address[], port))
  for (const address of expected as Address[]) t.equal(await ip(origin({ ...address, port })), address.address)
})

t.test('host localhost in both families: both are served on one port, and reported as by a single process', { skip: noIPv6 }, async t => {
  const execArgv = ['--import', fixturePath('both-families.mjs')]
  const ways = ['promise', 'callback']
  await Promise.all(ways.map(async way => {
    const single = start(t, 'listen.mjs', { options: { workers: 0 }, listen: { port: 0 }, env: { WAY: way }, execArgv })
    const { addresses: expected } = await single.event('listened')
    t.equal((expected as Address[]).length, 2)
    const { listened } = await listen(t, 'auto', { way, listen: { port: 0, host: 'localhost' }, execArgv })
    const { port } = (listened[0] as Line).address as Address
    for (const line of listened) {
      t.same(line.addresses, onPort(expected as Address[], port), way)
      t.equal(line.result, `http://127.0.0.1:${port}`)
    }
    for (const address of expected as Address[]) t.equal(await ip(origin({ ...address, port })), address.address)
  }))
})

t.test('server.listen() without a host: all addresses of the machine, in every form of its arguments', async t => {
  const forms = [{ port: 0 }, [], [0, 64]]
  await Promise.all(forms.map(async form => {
    const { listened } = await listen(t, 'auto', { way: 'server', listen: form })
    const { port, address } = (listened[0] as Line).address as Address
    t.equal(address, noIPv6 === false ? '::' : '0.0.0.0')
    for (const line of listened) t.match(line.address, { address, port }, JSON.stringify(form))
    t.match(await ip(`http://127.0.0.1:${port}`), /127\.0\.0\.1$/)
  }))
})

t.test('server.listen(port, host): served there', async t => {
  const { listened } = await listen(t, 'auto', { way: 'server', listen: [0, '127.0.0.1'] as unknown as object })
  const { port, address } = (listened[0] as Line).address as Address
  t.equal(address, '127.0.0.1')
  t.equal(await ip(`http://127.0.0.1:${port}`), '127.0.0.1')
})

t.test('the callback form: calls back with the address in every process', async t => {
  const { listened } = await listen(t, 'auto', { way: 'callback' })
  const { port } = (listened[0] as Line).address as Address
  for (const { result } of listened) t.equal(result, `http://127.0.0.1:${port}`)
})

t.test('listenTextResolver: its text is logged in every process', async t => {
  const { app, listened } = await listen(t, 'auto', { way: 'resolver' })
  const { port } = (listened[0] as Line).address as Address
  const texts = app.lines.filter(({ msg }) => msg === `up at http://127.0.0.1:${port}`)
  t.same(texts.map(({ workerId }) => workerId ?? 0).sort(), [0, 1, 2])
})

t.test('signal: an abort closes the port, ends the workers, and lets the primary exit', async t => {
  const { app, listened } = await listen(t, 'auto', { ...hooked, way: 'signal' })
  process.kill(app.pid, 'SIGUSR2')
  t.same(await app.ended, { code: 0, signal: null })
  t.same(await app.leftBehind(), [])
  const exits = app.lines.filter(({ event }) => event === 'worker-exit')
  t.same(exits.map(({ code }) => code), [0, 0])
  await t.rejects(request((listened[0] as Line).result as string), { code: 'ECONNREFUSED' })
})

t.test('signal: aborted before listen(), nothing is bound and no worker starts', async t => {
  const app = start(t, 'listen.mjs', { ...hooked, options: { workers: WORKERS }, env: { WAY: 'aborted' } })
  t.same(await app.ended, { code: 0, signal: null })
  t.match(app.lines, [{ event: 'listened', listening: false }])
  t.equal(app.lines.length, 1)
})
