import { setTimeout as sleep } from 'node:timers/promises'
import { closed, failed, whileAsked } from './kept-reload.js'

/** Milliseconds between two changes. */
const BETWEEN = 1000

/** @type {import('./index.js').Workload} */
export default {
  name: 'kept-scale',
  title: 'Scaling under kept connections',
  about: (bench, { turns }) => `The same clients; ${turns} times from 4 workers to 2 and back to 4. –: the number of its workers cannot be changed.`,
  contenders: ['native', 'ipc', 'native-stays', 'cluster-rr', 'pm2', 'watt'],
  full: { rounds: 1, turns: 2 },
  quick: { rounds: 1, turns: 1, contenders: ['native', 'native-stays'] },
  settings: { workers: 4 },
  needs: 'scale',
  columns: [
    failed,
    closed,
    { title: 'requests', each: ({ requests }) => requests },
    { title: 'workers that answered', each: ({ workers }) => workers }
  ],

  async measure (bench, running, { turns }) {
    return await whileAsked(running, async () => {
      for (let i = 0; i < turns; i++) {
        for (const workers of [2, 4]) {
          await running.command('scale', workers)
          await sleep(BETWEEN)
        }
      }
    })
  }
}
