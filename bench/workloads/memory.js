import { setTimeout as sleep } from 'node:timers/promises'
import { memory } from '../proc.js'

/** Milliseconds from the last worker's start to the measurement. */
const REST = 1500

const MIB = 2 ** 20

export const primaryPss = { title: 'primary PSS, MiB', each: ({ primary }) => primary?.pss / MIB, digits: 1, ratio: true }
export const primaryRss = { title: 'primary RSS', each: ({ primary }) => primary?.rss / MIB, digits: 1, ratio: true }

/** @type {import('./index.js').Workload} */
export default {
  name: 'memory',
  title: 'Memory of an idle cluster',
  about: () => `4 workers, ${REST / 1000} s after the last one is ready, and after one request. In MiB. PSS divides shared memory among the processes that share it; private memory belongs to one process. node:cluster's primary runs a script that only forks, shared-fastify's primary is its command, and PM2's is its daemon.`,
  contenders: ['native', 'ipc', 'cluster-rr', 'pm2', 'watt', 'sticky', 'single'],
  full: { rounds: 1 },
  quick: { rounds: 1, contenders: ['native', 'cluster-rr'] },
  settings: { workers: 4 },
  columns: [
    primaryPss,
    primaryRss,
    { title: 'primary private', each: ({ primary }) => primary?.private / MIB, digits: 1, ratio: true },
    { title: 'a worker PSS', each: ({ workers, count }) => workers.pss / count / MIB, digits: 1, ratio: true },
    { title: 'a worker RSS', each: ({ workers, count }) => workers.rss / count / MIB, digits: 1 },
    { title: 'all PSS', each: ({ primary, workers }) => ((primary?.pss ?? 0) + workers.pss) / MIB, digits: 1, ratio: true }
  ],

  async measure (bench, { primary, workers }) {
    await sleep(REST)
    return {
      primary: primary === undefined ? null : memory(primary),
      workers: workers.map(memory).reduce(sum, NOTHING),
      count: workers.length
    }
  }
}

const NOTHING = { rss: 0, pss: 0, private: 0 }

function sum (one, other) {
  return { rss: one.rss + other.rss, pss: one.pss + other.pss, private: one.private + other.private }
}
