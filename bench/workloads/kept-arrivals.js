import { openLoop } from '../drive.js'
import { KeptPool, Tally } from '../kept.js'
import { poisson, randomFrom } from '../statistics.js'
import { latencyOf, notAnswered, p50, p99, p999, requests } from './arrivals.js'

/** The connections. */
const CONNECTIONS = 32

/** Requests a second. */
const PER_SECOND = 300

/** The share of requests that block their worker, and for how many milliseconds. */
const HEAVY = 0.03
const BLOCK = 30

/** @type {import('./index.js').Workload} */
export default {
  name: 'kept-arrivals',
  title: 'Light requests among blocking ones, on kept connections',
  about: () => `4 workers, open loop, ${PER_SECOND} requests a second (Poisson, the same for every contender) on ${CONNECTIONS} kept connections, each on the one that has been idle for longest. ${HEAVY * 100} % of them block their worker for ${BLOCK} ms. Latency in ms of the other ones, the light requests. Percentiles are over all rounds together; the range is that of the single rounds.`,
  contenders: ['native', 'ipc', 'native-stays', 'cluster-rr', 'cluster-none', 'reuse-port', 'pm2', 'watt'],
  full: { rounds: 2, seconds: 8 },
  quick: { rounds: 1, seconds: 2, contenders: ['native', 'native-stays', 'cluster-rr'] },
  settings: { workers: 4 },
  columns: [p50, p99, p999, requests, notAnswered],

  async measure (bench, running, { seconds, round }) {
    const random = randomFrom(2000 + round)
    const plan = poisson({ perSecond: PER_SECOND, seconds, random })
      .map(at => ({ at, path: random() < HEAVY ? `/block/${BLOCK}` : '/who' }))
    const pool = await KeptPool.open(running, new Tally(), CONNECTIONS)
    const answers = await openLoop(running, plan, pool.ask)
    pool.close()
    return latencyOf(answers)
  }
}
