import { underLoad } from '../measure.js'

export const perSecond = { title: 'connections/s', each: ({ perSecond }) => perSecond, ratio: true }
export const primaryMicros = { title: 'primary µs/conn', each: ({ primaryMicros }) => primaryMicros, digits: 1, ratio: true }
const workersMicros = { title: 'workers µs/conn', each: ({ workersMicros }) => workersMicros, digits: 1, ratio: true }
const failed = { title: 'failed', each: ({ failed }) => failed }

/** @type {import('./index.js').Workload} */
export default {
  name: 'new-connections',
  title: 'A new connection for each request',
  about: ({ tools }) => `2 workers; ${tools.newConnections.name}, 64 at a time. CPU is that of whole processes.`,
  contenders: ['native', 'ipc', 'cluster-rr', 'cluster-none', 'reuse-port', 'single', 'pm2', 'watt', 'sticky', 'floor'],
  full: { rounds: 3, seconds: 2, warmUp: 15000 },
  quick: { rounds: 1, seconds: 1, warmUp: 0, contenders: ['native', 'ipc', 'cluster-rr', 'cluster-none', 'floor'] },
  settings: { workers: 2 },
  columns: [perSecond, primaryMicros, workersMicros, failed],

  async measure (bench, running, { seconds, warmUp }) {
    return await underLoad(bench, running, { tool: bench.tools.newConnections, seconds, warmUp })
  }
}
