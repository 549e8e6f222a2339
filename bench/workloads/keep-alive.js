import { underLoad } from '../measure.js'

export const perSecond = { title: 'requests/s', each: ({ perSecond }) => perSecond, ratio: true }

/** @type {import('./index.js').Workload} */
export default {
  name: 'keep-alive',
  title: 'Connections that are kept',
  about: ({ tools }) => `2 workers; ${tools.keepAlive.name}, 64 kept-alive connections, one request at a time on each.`,
  contenders: ['native', 'ipc', 'cluster-rr', 'cluster-none', 'reuse-port', 'single', 'pm2', 'sticky'],
  full: { rounds: 3, seconds: 2, warmUp: 15000 },
  quick: { rounds: 1, seconds: 1, warmUp: 0, contenders: ['native', 'cluster-rr'] },
  settings: { workers: 2 },
  columns: [
    perSecond,
    { title: 'workers µs/request', each: ({ workersMicros }) => workersMicros, digits: 1, ratio: true },
    { title: 'failed', each: ({ failed }) => failed }
  ],

  async measure (bench, running, { seconds, warmUp }) {
    return await underLoad(bench, running, { tool: bench.tools.keepAlive, seconds, warmUp })
  }
}
