import t from 'tap'
import type { Stats } from '../../types/index.js'
import { attempt, Exchange, streamed } from '../client.js'
import { hang } from '../hang.js'
import { inTurn, perLane, request, start, stays } from '../helper.js'

perLane(t, 'stats() show what became of every connection, in the primary and in a worker alike', async (t, lane) => {
  const app = start(t, 'app.mjs', { options: { workers: 2, lane, ...inTurn, ...stays } })
  const url = await app.url()
  const pids = await app.workers(2)
  const listeners = [{ key: '127.0.0.1:0', addresses: [{ address: '127.0.0.1', family: 'IPv4', port: Number(new URL(url).port) }], pending: 0, held: 0 }]
  const worker = (place: number, counts: object): object => ({ id: place + 1, slot: place, restarts: 0, pid: pids[place], state: 'ready', generation: 0, refused: 0, takenBack: 0, returned: { drain: 0, time: 0, rescue: 0 }, saturated: false, handshakes: { full: 0, resumed: 0 }, ...counts })

  const stats = await app.stats()
  t.same(countsOf(stats), { pending: 0, held: 0, shed: 0, ready: true, listeners, workers: [0, 1].map(place => worker(place, { handedOff: 0, accepted: 0, unacked: 0, open: 0, requests: 0 })) })
  for (const { rss } of stats.workers) t.ok(rss > 2 ** 20, 'a process of Node has some memory')

  for (let i = 0; i < 9; i++) await request(url)
  const open = new Exchange(`${url}/pipe`, streamed)
  await open.send('before')
  await open.received('before')
  // The worker that joined first has the odd ones.
  const after = await app.stats(({ workers }) => workers.map(({ open }) => open).sort().join() === '0,1' && workers.every(({ requests }) => requests === 5))
  const serving = after.workers.findIndex(({ open }) => open === 1)
  t.same(countsOf(after), { pending: 0, held: 0, shed: 0, ready: true, listeners, workers: [0, 1].map(place => worker(place, { handedOff: 5, accepted: 5, unacked: 0, open: place === serving ? 1 : 0, requests: 5 })) })

  const seen = JSON.parse((await request(`${url}/stats`)).body) as Stats
  t.same(seen.workers.map(({ handedOff }) => handedOff), [0, 1].map(place => place === serving ? 5 : 6))
  t.same(seen.workers.map(({ pid }) => pid), pids)
  t.same(seen.listeners, listeners)
  await open.end()
  await open.outcome
  await app.stats(({ workers }) => workers.every(({ open }) => open === 0))

  // Both hang: connections that they are sent stay un-acked, the rest is pending.
  const ends = await hang(app, url, pids.length)
  const waiting = Array.from({ length: 100 }, async () => await attempt(url))
  const { workers, pending } = await app.stats(({ workers, pending }) => pending + workers.reduce((sum, { unacked }) => sum + unacked, 0) === 100)
  t.ok(pending > 0)
  for (const { handedOff, accepted, refused, unacked } of workers) t.equal(handedOff, accepted + refused + unacked)
  for (const { unacked } of workers) t.ok(unacked > 0)
  for (const pid of pids) process.kill(pid, 'SIGKILL')
  t.ok((await Promise.all(waiting)).every(({ answer }) => answer?.status === 200))
  t.ok((await Promise.all(ends)).every(({ error }) => error?.code === 'ECONNRESET'))
  const replaced = await app.stats(({ workers }) => workers.length === 2 && workers.every(({ state, unacked }) => state === 'ready' && unacked === 0))
  t.same(replaced.workers.map(({ id }) => id), [3, 4])
  t.equal(replaced.workers.reduce((sum, { accepted }) => sum + accepted, 0), 100)
})

/** The stats that are the same in each run, without those of event loops. */
function countsOf ({ workers, ...stats }: Stats): object {
  return { ...stats, workers: workers.map(({ rss, utilization, delay, stalls, age, handedOffRate, requestRate, ...worker }) => worker) }
}
