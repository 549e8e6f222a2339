import { setTimeout as sleep } from 'node:timers/promises'
import { keepAsking } from '../kept.js'

/** The clients, each with one connection. */
const CLIENTS = 64

/** Milliseconds in which each client has asked once: before the first reload, and after the last. */
const ROUND = 2000

export const failed = { title: 'requests failed', each: ({ failed }) => failed }
export const closed = { title: 'connections closed', each: ({ closed }) => closed }

/** @type {import('./index.js').Workload} */
export default {
  name: 'kept-reload',
  title: 'Reloads under kept connections',
  about: (bench, { reloads }) => `2 workers, ${reloads} reloads, one after another. ${CLIENTS} HTTP/1.1 clients keep their connections; a third of them ask without a pause, a third 20 ms after each answer, a third 1.5 s after it. A connection counts as closed if the server closes it, or announces that with \`Connection: close\`: its client has to open another one. –: it cannot be reloaded.`,
  contenders: ['native', 'ipc', 'native-stays', 'cluster-rr', 'pm2', 'watt'],
  full: { rounds: 1, reloads: 10 },
  quick: { rounds: 1, reloads: 2, contenders: ['native', 'native-stays'] },
  settings: { workers: 2 },
  needs: 'reload',
  columns: [
    failed,
    closed,
    { title: 'requests', each: ({ requests }) => requests },
    { title: 'workers that answered', each: ({ workers }) => workers },
    { title: 'ms a reload', each: ({ ms }) => ms }
  ],

  async measure (bench, running, { reloads }) {
    let ms
    const seen = await whileAsked(running, async () => {
      const startedAt = performance.now()
      for (let i = 0; i < reloads; i++) await running.command('reload')
      ms = (performance.now() - startedAt) / reloads
    })
    return { ...seen, ms }
  }
}

/**
 * What the clients see while something is done to the contender.
 * @param {import('../contenders/running.js').Running} running
 * @param {() => Promise<void>} change
 */
export async function whileAsked (running, change) {
  // The first command makes the primary load what answers it. With every CPU busy that takes longer than the command waits.
  if (running.can('status')) await running.command('status')
  const { tally, stop } = keepAsking(running, CLIENTS)
  await sleep(ROUND)
  await change()
  await sleep(ROUND)
  await stop()
  const { requests, failed, closed, opened, workers } = tally
  return { requests, failed, closed, opened, workers: workers.size }
}
