import { setTimeout as sleep } from 'node:timers/promises'
import { ask } from '../client.js'
import { hold } from '../load/hold.js'
import { warm } from '../measure.js'
import { memory } from '../proc.js'

/** Milliseconds from the last collection to the measurement: pages are given back by other threads. */
const REST = 1000

/** Collections before a measurement. V8 drops the code that has not been used for some of them: several MiB. */
const COLLECTIONS = 10

/** Requests in which every worker gets one. */
const ENOUGH = 1000

const KIB = 1024

const total = ({ primary, workers }) => (primary ?? 0) + workers
const kib = (title, when, bytes) => ({ title, each: sample => (bytes(sample[when]) - bytes(sample.before)) / sample.open / KIB, digits: 2, ratio: true })

export const all = kib('all processes, KiB', 'collected', total)

/** @type {import('./index.js').Workload} */
export default {
  name: 'kept-memory',
  title: 'Memory of idle kept connections',
  about: (bench, { count, wait }) => `4 workers; ${count.toLocaleString('en')} connections with one request on each, ${wait} s after the last of them. By how much the processes have grown since a warm-up with new connections, for each connection that is open then. In KiB of PSS, without files that are mapped (which do not grow). The workers collect their garbage before both measurements; with garbage: the second one before that. The kernel's own memory is not in it.`,
  contenders: ['native', 'ipc', 'native-stays', 'cluster-rr'], // all of them at once: more have no CPU for so many connections
  full: { rounds: 1, count: 10_000, wait: 60, warmUp: 10_000 },
  quick: { rounds: 1, count: 1000, wait: 5, warmUp: 1000, contenders: ['native', 'native-stays', 'cluster-rr'] },
  settings: { workers: 4 },
  together: true,
  columns: [
    all,
    kib('the primary', 'collected', ({ primary }) => primary ?? NaN),
    kib('the workers', 'collected', ({ workers }) => workers),
    kib('all, with garbage', 'after', total),
    { title: 'open', each: ({ open }) => open }
  ],

  async measure (bench, running, { count, wait, warmUp }) {
    await warm(bench, running, { tool: bench.tools.newConnections, warmUp })
    await collect(running)
    const before = look(running)
    const held = await hold(bench, running, count)
    await sleep(wait * 1000)
    const after = look(running)
    await collect(running)
    const collected = look(running)
    const open = held.open()
    await held.close()
    return { before, after, collected, open }
  }
}

/** Every worker collects its garbage. */
async function collect (running) {
  const left = new Map(running.workerNames.map(worker => [worker, COLLECTIONS]))
  for (let i = 0; Math.max(...left.values()) > 0; i++) {
    if (i === ENOUGH) throw new Error(`these workers get no requests: ${[...left.keys()].join('; ')}`)
    const { outcome, body } = await ask(running, '/gc')
    if (outcome !== 'answered') continue // with so many processes on few CPUs, it may take too long
    const { worker } = JSON.parse(body)
    left.set(worker, left.get(worker) - 1)
  }
  await sleep(REST)
}

function look ({ primary, workers }) {
  return {
    primary: primary === undefined ? null : memory(primary).unmapped,
    workers: workers.reduce((sum, pid) => sum + memory(pid).unmapped, 0)
  }
}
