import { whileAsked } from './kept-reload.js'

export const failed = { title: 'upgrades: requests failed', each: ({ upgrade }) => upgrade?.failed }
export const closed = { title: 'connections closed', each: ({ upgrade }) => upgrade?.closed }

/** @type {import('./index.js').Workload} */
export default {
  name: 'kept-upgrade',
  title: 'The primary replaced under kept connections',
  about: (bench, { upgrades }) => `2 workers, with the clients of the reloads. First as a service manager restarts it: SIGTERM, and a new start when it has exited; requests fail because the connection is refused in between. Then ${upgrades} upgrades, one after another. –: it has none.`,
  contenders: ['native', 'ipc', 'cluster-rr', 'single'],
  full: { rounds: 1, upgrades: 5 },
  quick: { rounds: 1, upgrades: 1, contenders: ['native', 'cluster-rr'] },
  settings: { workers: 2 },
  columns: [
    { title: 'restart: requests failed', each: ({ restart }) => restart.failed },
    { title: 'connections closed', each: ({ restart }) => restart.closed },
    failed,
    closed,
    { title: 'ms an upgrade', each: ({ ms }) => ms }
  ],

  async measure (bench, running, { upgrades }) {
    const restart = await whileAsked(running, async () => { await running.restart() })
    if (!running.can('upgrade')) return { restart }
    let ms
    const upgrade = await whileAsked(running, async () => {
      const startedAt = performance.now()
      for (let i = 0; i < upgrades; i++) await running.command('upgrade', running.port)
      ms = (performance.now() - startedAt) / upgrades
    })
    return { restart, upgrade, ms }
  }
}
