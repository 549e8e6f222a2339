import { setTimeout as sleep } from 'node:timers/promises'
import { keepAsking } from '../kept.js'

/** The clients, and the milliseconds between an answer and the next request. */
const CLIENTS = 64
const PAUSE = 1500

/** Milliseconds until each client has asked. */
const BEFORE = 2000

/** The share of the requests that the new workers serve, in percent. */
export const share = { title: 'by the new workers, %', each: ({ share }) => share, digits: 1 }

/** @type {import('./index.js').Workload} */
export default {
  name: 'kept-spread',
  title: 'Kept connections after scaling up',
  about: (bench, { wait, seconds }) => `${CLIENTS} kept connections with a request every ${PAUSE / 1000} s on each; from 2 workers to 4. The share of the requests that the two new workers serve, in ${seconds} s that begin ${wait} s after both are ready. –: the number of its workers cannot be changed.`,
  contenders: ['native', 'ipc', 'native-stays', 'cluster-rr', 'pm2', 'watt'],
  full: { rounds: 1, wait: 10, seconds: 6 },
  quick: { rounds: 1, wait: 3, seconds: 3, contenders: ['native', 'native-stays'] },
  settings: { workers: 2 },
  needs: 'scale',
  columns: [
    share,
    { title: 'requests', each: ({ requests }) => requests },
    { title: 'failed', each: ({ failed }) => failed },
    { title: 'connections closed', each: ({ closed }) => closed }
  ],

  async measure (bench, running, { wait, seconds }) {
    const { tally, stop } = keepAsking(running, CLIENTS, { pauses: [PAUSE] })
    await sleep(BEFORE)
    const old = running.workerNames
    await running.command('scale', 4)
    await running.workersEver(4)
    await sleep(wait * 1000)
    tally.workers.clear()
    await sleep(seconds * 1000)
    const served = [...tally.workers]
    await stop()
    const sum = counts => counts.reduce((sum, [, count]) => sum + count, 0)
    return {
      requests: sum(served),
      share: sum(served.filter(([worker]) => !old.includes(worker))) / sum(served) * 100,
      failed: tally.failed,
      closed: tally.closed
    }
  }
}
