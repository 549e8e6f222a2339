import { underLoad, warm } from '../measure.js'
import { returnedBy } from '../status.js'

export const perSecond = { title: 'requests/s', each: ({ perSecond }) => perSecond, ratio: true }
export const micros = { title: 'µs/request, all processes', each: ({ primaryMicros, workersMicros }) => primaryMicros + workersMicros, digits: 1, ratio: true }
export const moved = { title: 'moved, % of requests', each: ({ moved }) => moved, digits: 3 }

/** @type {import('./index.js').Workload} */
export default {
  name: 'keep-alive',
  title: 'Connections that are kept',
  about: ({ tools }) => `2 workers; ${tools.keepAlive.name}, 64 kept-alive connections, one request at a time on each. Moved: connections that a worker has returned.`,
  contenders: ['native', 'ipc', 'native-stays', 'cluster-rr', 'cluster-none', 'reuse-port', 'single', 'pm2', 'watt', 'sticky'],
  full: { rounds: 3, seconds: 2, warmUp: 15000 },
  quick: { rounds: 1, seconds: 1, warmUp: 0, contenders: ['native', 'native-stays', 'cluster-rr'] },
  settings: { workers: 2 },
  columns: [
    perSecond,
    { title: 'workers µs/request', each: ({ workersMicros }) => workersMicros, digits: 1, ratio: true },
    micros,
    moved,
    { title: 'failed', each: ({ failed }) => failed }
  ],

  async measure (bench, running, { seconds, warmUp }) {
    const { tools: { keepAlive: tool } } = bench
    await warm(bench, running, { tool, warmUp })
    const before = await returnedBy(running)
    const load = await underLoad(bench, running, { tool, seconds, warmUp: 0 })
    return { ...load, moved: (await returnedBy(running) - before) / load.requests * 100 }
  }
}
