import { once } from 'node:events'
import net from 'node:net'
import t from 'tap'
import { attempt, Exchange, keptAlive } from '../client.js'
import { RawClient } from '../clients.js'
import { type App, countServed, inTurn, perLane, request, start, stays, whoServes } from '../helper.js'

/** The worker that serves a new connection from this address of the loopback interface. */
async function serves (url: string, localAddress: string): Promise<number> {
  return (JSON.parse((await request(url, { localAddress })).body) as { worker: number }).worker
}

const clients = Array.from({ length: 24 }, (_, i) => `127.0.1.${i + 1}`)

/** The worker of each client. */
async function map (url: string): Promise<Map<string, number>> {
  return new Map(await Promise.all(clients.map(async client => [client, await serves(url, client)] as const)))
}

/**
 * Opens `count` connections that stay open, and returns the workers that have them. Each is opened when all
 * before it are acked, because a worker with an un-acked one is skipped.
 */
async function hold (t: Parameters<typeof RawClient.connect>[0], app: App, count: number): Promise<Array<{ client: RawClient, worker: number }>> {
  const url = await app.url()
  const held = []
  for (let i = 0; i < count; i++) {
    await app.stats(({ workers }) => workers.every(({ unacked }) => unacked === 0))
    const client = await RawClient.connect(t, url)
    client.get('/')
    const { worker } = JSON.parse((await client.until('}')).replace(/^.*\{/s, '{')) as { worker: number }
    held.push({ client, worker })
  }
  return held
}

async function open (app: App, expected: number[]): Promise<void> {
  await app.stats(({ workers }) => workers.map(({ open }) => open).join() === expected.join())
}

perLane(t, 'least-connections: the worker with the fewest is next, whatever came before', async (t, lane) => {
  const app = start(t, 'app.mjs', { options: { workers: 3, lane, policy: 'least-connections', ...inTurn, ...stays } })
  await app.workers(3)
  await open(app, [0, 0, 0])
  const held = await hold(t, app, 9)
  t.same([1, 2, 3].map(id => held.filter(({ worker }) => worker === id).length), [3, 3, 3])
  for (const { client, worker } of held) if (worker === 2) client.socket.destroy()
  await open(app, [3, 0, 3])
  const more = await hold(t, app, 3)
  t.same(more.map(({ worker }) => worker), [2, 2, 2])
  await open(app, [3, 3, 3])
})

perLane(t, 'sticky: a client address has the same worker through a crash and a reload', async (t, lane) => {
  const app = start(t, 'app.mjs', { options: { workers: 3, lane, policy: 'sticky' } })
  const url = await app.url()
  const [victim] = await app.workers(3) as [number]
  const before = await map(url)
  t.equal(new Set(before.values()).size, 3, 'all workers have clients')
  t.strictSame(await map(url), before)

  process.kill(victim, 'SIGKILL')
  await app.events('worker-ready', 4)
  await app.stats(({ workers }) => workers.length === 3 && workers.every(({ state }) => state === 'ready'))
  const after = await map(url)
  t.strictSame([...after].filter(([client, worker]) => worker !== before.get(client) && before.get(client) !== 1), [], 'no other client has moved')
  t.ok([...after].every(([client, worker]) => before.get(client) !== 1 || worker === 4), 'its replacement has its clients')

  process.kill(app.pid, 'SIGHUP')
  await app.event('reload-end')
  const reloaded = await map(url)
  const groups = (of: Map<string, number>): string[] => [...new Set(of.values())].map(worker => clients.filter(client => of.get(client) === worker).join()).sort()
  t.strictSame(groups(reloaded), groups(after), 'each successor has all of its predecessor\'s clients')
})

perLane(t, 'sticky: a client waits for its blocked worker for stickyWait, and delays no others', async (t, lane) => {
  const app = start(t, 'app.mjs', { options: { workers: 2, lane, policy: 'sticky', stickyWait: 60_000, ...stays } })
  const url = await app.url()
  const homes = await map(url)
  await open(app, [0, 0])
  const [own, other] = [1, 2].map(id => clients.find(client => homes.get(client) === id) as string) as [string, string]
  const blocked = attempt(`${url}/block/700`, { localAddress: own })
  await app.stats(({ workers }) => workers[0]?.unacked === 0 && workers[0]?.open === 1 && workers[1]?.open === 0)
  const waiting = Array.from({ length: 3 }, async () => await serves(url, own))
  t.equal(await serves(url, other), 2)
  await blocked
  t.same(await Promise.all(waiting), [1, 1, 1])
})

perLane(t, 'sticky: after stickyWait it goes to another worker, also a connection that its worker was sent and has not received', async (t, lane) => {
  const app = start(t, 'app.mjs', { options: { workers: 2, lane, policy: 'sticky', stickyWait: 100 } })
  const url = await app.url()
  const [victim] = await app.workers(2) as [number]
  const homes = await map(url)
  const own = clients.find(client => homes.get(client) === 1) as string
  await open(app, [0, 0])
  process.kill(victim, 'SIGSTOP')
  const first = serves(url, own)
  await app.stats(({ workers }) => workers[0]?.unacked === 1)
  t.same(await Promise.all([serves(url, own), serves(url, own)]), [2, 2])
  if (lane === 'native') t.equal(await first, 2, 'it was taken back')
  process.kill(victim, 'SIGCONT')
  await first
  t.equal(await serves(url, own), 1, 'and it has its clients again')
})

perLane(t, 'a function of the app chooses, and connections for which it returns null wait', async (t, lane) => {
  const app = start(t, 'policy.mjs', { options: { workers: 2, lane }, env: { POLICY: 'by-address' } })
  const url = await app.url()
  t.same([await serves(url, '127.0.0.1'), await serves(url, '127.0.0.2'), await serves(url, '127.0.0.2')], [1, 2, 2])
  const nobodys = serves(url, '127.0.0.3')
  await app.stats(({ pending }) => pending === 1)
  t.equal(await serves(url, '127.0.0.1'), 1, 'it delays no other connection')
  const [victim] = await app.workers(2) as [number]
  process.kill(victim, 'SIGKILL')
  t.equal(await nobodys, 3, 'the third worker that ever was')
})

t.test('an exception of the function is logged once, and round robin is used', async t => {
  const app = start(t, 'policy.mjs', { options: { workers: 2, takeBackAfter: 0 }, env: { POLICY: 'throws' } })
  const url = await app.url()
  t.same([...(await countServed(url, 6)).values()], [3, 3])
  t.match(app.lines.filter(({ event }) => event === 'policy-error'), [{ level: 50, err: { message: 'a policy that throws' } }])
  t.equal(app.lines.filter(({ event }) => event === 'policy-error').length, 1)
})

perLane(t, 'a saturated worker gets no connections while another is below the limit, and takes its turns again afterwards', async (t, lane) => {
  const app = start(t, 'app.mjs', { options: { workers: 2, lane, takeBackAfter: 0, saturation: { utilization: 0.5 }, ...stays } })
  const url = await app.url()
  const agent = keptAlive()
  t.teardown(() => { agent.destroy() })
  const busy = (JSON.parse((await request(url, { agent })).body) as { worker: number }).worker
  const done = new AbortController()
  const work = (async () => { while (!done.signal.aborted) await request(`${url}/block/20`, { agent }) })()
  const isSaturated = ({ id, saturated }: { id: number, saturated: boolean }): boolean => saturated === (id === busy)
  const isAsBefore = async (): Promise<boolean> => (await app.stats()).workers.every(isSaturated)
  // The machine may saturate the other worker for a second too. Then both serve, and the test tries again.
  let served: Map<number, number>
  do {
    await app.stats(({ workers }) => workers.every(isSaturated))
    served = await countServed(url, 10)
  } while (!await isAsBefore())
  t.equal(served.get(busy), undefined, 'all went to the other one')
  done.abort()
  await work
  await app.stats(({ workers }) => workers.every(({ saturated }) => !saturated))
  t.equal((await countServed(url, 4)).size, 2)
})

perLane(t, 'maxConnectionsPerWorker: a worker that was full reports at once that it has room', async (t, lane) => {
  const app = start(t, 'no-report-timer.mjs', { options: { workers: 1, lane, maxConnectionsPerWorker: 2, pendingTimeout: 0 } })
  const url = await app.url()
  for (const { status } of await Promise.all(Array.from({ length: 10 }, async () => await request(url)))) t.equal(status, 200)
})

perLane(t, 'maxConnectionsPerWorker: connections beyond that wait until a worker has fewer', async (t, lane) => {
  const app = start(t, 'app.mjs', { options: { workers: 2, lane, maxConnectionsPerWorker: 2, ...stays } })
  const url = await app.url()
  const held = await hold(t, app, 4)
  await open(app, [2, 2])
  const waiting = whoServes(url)
  await app.stats(({ pending, workers }) => pending === 1 && workers.every(({ refused }) => refused === 0))
  const [freed] = held.filter(({ worker }) => worker === 2)
  freed?.client.socket.destroy()
  t.equal(await waiting, 2)
})

perLane(t, "a worker still refuses beyond its app's own maxConnections, and another one serves", async (t, lane) => {
  const app = start(t, 'max-connections.mjs', { options: { workers: 2, lane, policy: 'least-connections', ...stays } })
  const url = await app.url()
  const agents = [keptAlive(), keptAlive()]
  t.teardown(() => { for (const agent of agents) agent.destroy() })
  const served = []
  for (const agent of agents) served.push((JSON.parse((await request(url, { agent })).body) as { worker: number }).worker)
  t.same(served.sort(), [1, 2])
})

perLane(t, 'a silent client uses no credit: others are served by the same worker', async (t, lane) => {
  const app = start(t, 'app.mjs', { options: { workers: 1, lane } })
  const url = await app.url()
  const { port } = new URL(url)
  const silent = Array.from({ length: 20 }, () => net.connect(Number(port), '127.0.0.1'))
  t.teardown(() => { for (const socket of silent) socket.destroy() })
  await Promise.all(silent.map(async socket => await once(socket, 'connect')))
  const slow = new Exchange(`${url}/echo`, { method: 'POST', headers: { 'content-type': 'text/plain', 'content-length': 4 } })
  await slow.send('ab')
  await app.stats(({ workers, pending }) => pending === 0 && workers[0]?.unacked === 0 && (workers[0]?.open ?? 0) >= 21)
  t.equal(await whoServes(url), 1)
  await slow.end('cd')
  t.equal((await slow.outcome).answer?.body, 'abcd')
})
