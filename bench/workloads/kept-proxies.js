import { setTimeout as sleep } from 'node:timers/promises'
import { keepAsking, KeptPool, Tally } from '../kept.js'
import { startProxy } from '../proxies.js'

/** Clients of each proxy: fewer than the connections that nginx keeps. */
const CLIENTS = 30

/** Milliseconds that each of the first requests takes, so that a proxy opens a connection for every client. */
const WAIT = 300

/** Milliseconds in which each client has asked once: before the first reload, and after the last. */
const ROUND = 2000

const PROXIES = ['nginx', 'haproxy']

export const failed = { each: sample => sumOf(sample, ({ failed }) => failed) }
export const anew = { each: sample => sumOf(sample, ({ anew }) => anew) }

/** @type {import('./index.js').Workload} */
export default {
  name: 'kept-proxies',
  title: 'Reloads behind nginx and HAProxy',
  about: ({ proxies }, { reloads }) => `2 workers, ${reloads} reloads behind ${Object.entries(proxies).map(words => words.join(' ')).join(' and ')} at the same time, each with ${CLIENTS} kept connections on either side (nginx: \`keepalive 32\`; HAProxy: \`http-reuse always\`). A third of the clients ask without a pause, a third 20 ms after each answer, a third 1.5 s after it. Opened anew: connections of the proxy that the app has not seen before the first reload.`,
  lacks: ({ proxies }) => Object.keys(proxies).length === 0 ? 'neither nginx nor HAProxy is installed' : undefined,
  contenders: ['native', 'ipc', 'native-stays', 'cluster-rr', 'pm2', 'watt'],
  full: { rounds: 1, reloads: 5 },
  quick: { rounds: 1, reloads: 1, contenders: ['native', 'native-stays'] },
  settings: { workers: 2 },
  needs: 'reload',
  columns: PROXIES.flatMap(name => [
    { title: `${name}: requests failed`, each: sample => sample[name]?.failed },
    { title: 'opened anew', each: sample => sample[name]?.anew },
    { title: 'requests', each: sample => sample[name]?.requests }
  ]),

  async measure (bench, running, { reloads }) {
    const proxies = await Promise.all(Object.keys(bench.proxies).map(async name => ({ name, ...await startProxy(bench, name, running) })))
    const watched = await Promise.all(proxies.map(watch))
    await sleep(ROUND)
    for (const { begin } of watched) begin()
    for (let i = 0; i < reloads; i++) await running.command('reload')
    await sleep(ROUND)
    const seen = await Promise.all(watched.map(async ({ end }) => await end()))
    await Promise.all(proxies.map(async ({ stop }) => { await stop() }))
    return Object.fromEntries(proxies.map(({ name }, i) => [name, seen[i]]))
  }
}

/** Clients of a proxy, which see the ports of its connections to the app. */
async function watch (proxy) {
  const ports = new Set()
  const note = ({ outcome, body }) => { if (outcome === 'answered') ports.add(JSON.parse(body).port) }
  const pool = await KeptPool.open(proxy, new Tally(), CLIENTS)
  for (const answer of await Promise.all(Array.from({ length: CLIENTS }, async () => await pool.ask(`/wait/${WAIT}`)))) note(answer)
  pool.close()
  const { tally, stop } = keepAsking(proxy, CLIENTS, { path: '/from', onAnswer: note })
  let known
  return {
    begin () { known = ports.size },
    async end () {
      await stop()
      return { requests: tally.requests, failed: tally.failed, anew: ports.size - known }
    }
  }
}

function sumOf (sample, figure) {
  return PROXIES.filter(name => name in sample).reduce((sum, name) => sum + figure(sample[name]), PROXIES.some(name => name in sample) ? 0 : NaN)
}
