import { closed, failed, whileAsked } from './kept-reload.js'

/** Requests after which a worker is replaced. */
const REQUESTS = 2000

/** @type {import('./index.js').Workload} */
export default {
  name: 'kept-recycle',
  title: 'Recycling under kept connections',
  about: (bench, { replaced }) => `The same clients; 4 workers, each replaced after ${REQUESTS.toLocaleString('en')} requests (\`--recycle-requests\`), until ${replaced} have been replaced. No other contender counts requests.`,
  contenders: ['native', 'ipc', 'native-stays'],
  full: { rounds: 1, replaced: 8 },
  quick: { rounds: 1, replaced: 2, contenders: ['native', 'native-stays'] },
  settings: { workers: 4, flags: ['--recycle-requests', `${REQUESTS}`] },
  columns: [
    failed,
    closed,
    { title: 'requests', each: ({ requests }) => requests },
    { title: 'workers that answered', each: ({ workers }) => workers }
  ],

  async measure (bench, running, { replaced }) {
    return await whileAsked(running, async () => { await running.workersEver(4 + replaced) })
  }
}
