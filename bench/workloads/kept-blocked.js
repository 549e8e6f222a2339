import { setTimeout as sleep } from 'node:timers/promises'
import { ask } from '../client.js'
import { openLoop } from '../drive.js'
import { KeptPool, Tally } from '../kept.js'
import { percentile } from '../statistics.js'

/** The connections. */
const CONNECTIONS = 32

/** Light requests during the block. */
const LIGHT = 120

/** Milliseconds of light requests before each block. */
const BEFORE = 500

/** Milliseconds from the request that blocks to the first light one, and from the last one to the block's end, at least. */
const MARGIN = 100

const first = { title: 'waited, first block', each: ({ waited }) => waited[0] }
const later = { title: 'waited, later block', each: ({ waited }) => waited[1] }

/** The requests that waited, in both blocks. */
export const waited = { each: sample => first.each(sample) + later.each(sample), pooled: samples => samples.reduce((sum, { waited }) => sum + waited[0] + waited[1], 0) }

/** @type {import('./index.js').Workload} */
export default {
  name: 'kept-blocked',
  title: 'One worker blocked for 2 s, on kept connections',
  about: (bench, { block }) => `4 workers, one of them blocked for ${block / 1000} s, twice. ${CONNECTIONS} kept connections, used in turn; ${LIGHT} light requests at even intervals during each block, each on the connection that has been idle for longest. How many of them waited for the end of the block, and their latency in ms in both blocks.`,
  contenders: ['native', 'ipc', 'native-stays', 'cluster-rr', 'cluster-none', 'reuse-port', 'pm2', 'watt'],
  full: { rounds: 1, block: 2000 },
  quick: { rounds: 1, block: 1000, contenders: ['native', 'native-stays'] },
  settings: { workers: 4 },
  columns: [
    first,
    later,
    { title: 'p50 ms', each: ({ ms }) => percentile(ms, 0.5), digits: 1 },
    { title: 'longest ms', each: ({ ms }) => Math.max(...ms), digits: 1 },
    { title: 'failed', each: ({ failed }) => failed }
  ],

  async measure (bench, running, { block }) {
    const tally = new Tally()
    const pool = await KeptPool.open(running, tally, CONNECTIONS)
    const blocks = [await oneBlock(running, pool, block), await oneBlock(running, pool, block)]
    pool.close()
    return {
      waited: blocks.map(({ waited }) => waited),
      ms: blocks.flatMap(({ ms }) => ms),
      failed: tally.failed
    }
  }
}

async function oneBlock (running, pool, block) {
  await openLoop(running, evenly(BEFORE / block * LIGHT, BEFORE), pool.ask)
  const blocking = ask(running, `/block/${block}`)
  await sleep(MARGIN)
  const answers = await openLoop(running, evenly(LIGHT, block - 2 * MARGIN), pool.ask)
  const { from, until } = JSON.parse((await blocking).body)
  const during = answers.filter(({ sentAt }) => sentAt > from && sentAt < until)
  return {
    waited: during.filter(({ sentAt, ms }) => sentAt + ms > until).length,
    ms: during.map(({ ms }) => ms)
  }
}

function evenly (count, ms) {
  return Array.from({ length: count }, (_, i) => ({ at: i * ms / count, path: '/who' }))
}
