import { setTimeout as sleep } from 'node:timers/promises'
import { KeptPool, Tally } from '../kept.js'
import { heldBy } from '../status.js'

/** The connections. */
const CONNECTIONS = 64

/** Milliseconds in which connections that are idle have been returned, by the default of `returnAfter`. */
const IDLE = 7000

/** Milliseconds from the kill until all clients know of it. */
const AFTER = 500

export const lost = { title: 'connections lost', each: ({ lost }) => lost }

/** @type {import('./index.js').Workload} */
export default {
  name: 'kept-killed',
  title: 'A worker killed while connections are idle',
  about: () => `4 workers, ${CONNECTIONS} kept connections with one request on each, and ${IDLE / 1000} s later one worker is killed (SIGKILL). How many connections the primary holds then, how many are lost, and how many of ${CONNECTIONS} further requests fail.`,
  contenders: ['native', 'ipc', 'native-stays', 'cluster-rr', 'cluster-none', 'reuse-port', 'pm2'],
  full: { rounds: 1 },
  quick: { rounds: 1, contenders: ['native', 'native-stays'] },
  settings: { workers: 4 },
  columns: [
    { title: 'held', each: ({ held }) => held },
    lost,
    { title: 'requests failed', each: ({ failed }) => failed }
  ],

  async measure (bench, running) {
    const tally = new Tally()
    const pool = await KeptPool.open(running, tally, CONNECTIONS)
    await sleep(IDLE)
    const held = await heldBy(running)
    process.kill(running.workers[0], 'SIGKILL')
    await sleep(AFTER)
    const lost = tally.closed
    await Promise.all(Array.from({ length: CONNECTIONS }, async () => await pool.ask('/who')))
    pool.close()
    return { held, lost, failed: tally.failed }
  }
}
