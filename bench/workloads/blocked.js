import { setTimeout as sleep } from 'node:timers/promises'
import { ask } from '../client.js'
import { openLoop } from '../drive.js'
import { percentile, poisson, randomFrom } from '../statistics.js'

/** Milliseconds of arrivals before the block, so that it begins in the middle of them. */
const BEFORE = 300

export const waited = { title: 'sent later, and waited', each: ({ waited }) => waited, pooled: samples => samples.reduce((sum, { waited }) => sum + waited, 0) }

/** @type {import('./index.js').Workload} */
export default {
  name: 'blocked',
  title: 'One worker blocked for 2 s',
  about: (bench, { block }) => `4 workers, 200 new connections a second (Poisson), one worker blocked for ${block / 1000} s. Latency in ms of the requests sent during the block. How many requests sent after its beginning waited for its end (all rounds together), and how many sent before it, which the worker may have received.`,
  contenders: ['native', 'ipc', 'cluster-rr', 'cluster-none', 'reuse-port', 'watt', 'sticky'],
  full: { rounds: 2, block: 2000 },
  quick: { rounds: 1, block: 1000, contenders: ['native', 'cluster-rr'] },
  settings: { workers: 4 },
  columns: [
    { title: 'p50 ms', each: ({ ms }) => percentile(ms, 0.5), digits: 1 },
    { title: 'p99 ms', each: ({ ms }) => percentile(ms, 0.99), digits: 1 },
    { title: 'longest ms', each: ({ ms }) => Math.max(...ms), digits: 1 },
    waited,
    { title: 'sent before, and waited', each: ({ earlier }) => earlier },
    { title: 'not answered', each: ({ failed }) => failed }
  ],

  async measure (bench, running, { block, round }) {
    const arrivals = poisson({ perSecond: 200, seconds: (BEFORE + block) / 1000, random: randomFrom(round) })
    const all = openLoop(running, arrivals.map(at => ({ at, path: '/who' })))
    await sleep(BEFORE)
    const blocked = JSON.parse((await ask(running, `/block/${block}`)).body)
    return judge(await all, blocked)
  }
}

/** `from` and `until` are from the worker, on the clock that all processes share. */
function judge (answers, { worker, from, until }) {
  const during = answers.filter(({ sentAt }) => sentAt > from && sentAt < until)
  const served = answers.filter(({ outcome }) => outcome === 'answered')
  const ofBlocked = served.filter(({ body, sentAt, ms }) => JSON.parse(body).worker === worker && sentAt < until && sentAt + ms > until)
  return {
    ms: during.map(({ ms }) => ms),
    waited: ofBlocked.filter(({ sentAt }) => sentAt > from).length,
    earlier: ofBlocked.filter(({ sentAt }) => sentAt <= from).length,
    failed: answers.length - served.length
  }
}
