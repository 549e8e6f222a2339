import { setTimeout as sleep } from 'node:timers/promises'
import { ask, hang } from '../client.js'
import { sockets } from '../proc.js'

/** How many connections are opened while the worker hangs. */
const CONNECTIONS = 20

/** Milliseconds in which they are dealt, before the worker is killed. */
const DEALT = 300

/** Milliseconds after which a connection without an answer counts as hung. */
const HUNG = 3000

/** @type {import('./index.js').Workload} */
export default {
  name: 'killed',
  title: 'A worker killed with connections on their way',
  about: () => `2 workers, one hangs; ${CONNECTIONS} connections are opened, and ${DEALT} ms later it is killed (SIGKILL). How the connections ended within ${HUNG / 1000} s, and how many more sockets than before the primary has when all clients are gone and the worker is replaced.`,
  contenders: ['native', 'ipc', 'cluster-rr', 'cluster-none', 'sticky'],
  full: { rounds: 1 },
  quick: { rounds: 1, contenders: ['native', 'cluster-rr'] },
  settings: { workers: 2 },
  columns: [
    { title: 'answered', each: ({ outcomes }) => outcomes.answered },
    { title: 'cut', each: ({ outcomes }) => outcomes.cut },
    { title: 'hung', each: ({ outcomes }) => outcomes.hung },
    { title: 'leaked in the primary', each: ({ leaked }) => leaked }
  ],

  async measure (bench, running) {
    const before = sockets(running.primary)
    const hanging = await hang(running)
    const asked = Array.from({ length: CONNECTIONS }, async () => await ask(running, '/who', { timeout: HUNG }))
    await sleep(DEALT)
    process.kill(hanging.pid, 'SIGKILL')
    const answers = await Promise.all(asked)
    hanging.close()
    await running.workersEver(3)
    await sleep(DEALT)
    const outcomes = { answered: 0, cut: 0, hung: 0 }
    for (const { outcome } of answers) outcomes[outcome]++
    return { outcomes, leaked: sockets(running.primary) - before }
  }
}
