import { openLoop } from '../drive.js'
import { percentile, poisson, randomFrom } from '../statistics.js'

/** The share of requests that block their worker, and for how many milliseconds. */
const HEAVY = 0.03
const BLOCK = 30

const at = share => ({
  each: ({ ms }) => percentile(ms, share),
  pooled: samples => percentile(samples.flatMap(({ ms }) => ms), share),
  digits: 1,
  ratio: true
})

export const p50 = { title: 'p50 ms', ...at(0.5) }
export const p99 = { title: 'p99 ms', ...at(0.99) }
export const p999 = { title: 'p99.9 ms', ...at(0.999) }
export const requests = { title: 'requests', each: ({ ms }) => ms.length, pooled: samples => samples.reduce((sum, { ms }) => sum + ms.length, 0) }
export const notAnswered = { title: 'not answered', each: ({ failed }) => failed }

/** @type {import('./index.js').Workload} */
export default {
  name: 'arrivals',
  title: 'Light requests among blocking ones',
  about: () => `4 workers, open loop, 200 new connections a second (Poisson, the same for every contender). ${HEAVY * 100} % of them block their worker for ${BLOCK} ms. Latency in ms of the other ones, the light requests. Percentiles are over all rounds together; the range is that of the single rounds.`,
  contenders: ['native', 'ipc', 'cluster-rr', 'cluster-none', 'reuse-port', 'watt', 'sticky'],
  full: { rounds: 2, seconds: 10 },
  quick: { rounds: 1, seconds: 2, contenders: ['native', 'cluster-rr', 'cluster-none'] },
  settings: { workers: 4 },
  columns: [p50, p99, p999, requests, notAnswered],

  async measure (bench, running, { seconds, round }) {
    const random = randomFrom(1000 + round)
    const plan = poisson({ perSecond: 200, seconds, random })
      .map(at => ({ at, path: random() < HEAVY ? `/block/${BLOCK}` : '/who' }))
    return latencyOf(await openLoop(running, plan))
  }
}

/** The latency of the light requests. */
export function latencyOf (answers) {
  return {
    ms: answers.filter(({ path }) => path === '/who').map(({ ms }) => Math.round(ms * 100) / 100),
    failed: answers.filter(({ outcome }) => outcome !== 'answered').length
  }
}
