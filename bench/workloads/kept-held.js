import { setTimeout as sleep } from 'node:timers/promises'
import { keepAsking } from '../kept.js'
import { cpuOf, warm } from '../measure.js'
import { percentile } from '../statistics.js'
import { returnedBy } from '../status.js'

/** The clients. */
const CLIENTS = 64

/** `returnAfter`: shorter than the pause, so that each request moves its connection. The default would let it stay. */
const RETURN_AFTER = 1000

/** Seconds in which all code is used for a while, before the measurement. */
const BEFORE = 4

export const p50 = { title: 'p50 ms', each: ({ ms }) => percentile(ms, 0.5), digits: 2, ratio: true }
export const micros = { title: 'µs/request, all processes', each: ({ micros }) => micros, ratio: true }

/** @type {import('./index.js').Workload} */
export default {
  name: 'kept-held',
  title: 'A request every 1.5 s',
  about: (bench, { seconds, pause }) => `2 workers, ${CLIENTS} kept connections with a request every ${pause / 1000} s on each, for ${seconds} s. shared-fastify holds them in between (\`--return-after ${RETURN_AFTER}\`; the default is longer than the pause), unless nothing moves. CPU is that of all processes, with what they do while idle.`,
  contenders: ['native', 'ipc', 'native-stays', 'cluster-rr', 'single', 'pm2', 'watt'],
  full: { rounds: 1, seconds: 12, pause: 1500, warmUp: 15000 },
  quick: { rounds: 1, seconds: 3, pause: 1500, warmUp: 0, contenders: ['native', 'native-stays', 'cluster-rr'] },
  settings: { workers: 2, flags: ['--return-after', `${RETURN_AFTER}`] },
  columns: [
    p50,
    { title: 'p99 ms', each: ({ ms }) => percentile(ms, 0.99), digits: 2, ratio: true },
    micros,
    { title: 'moved, % of requests', each: ({ moved }) => moved, digits: 1 },
    { title: 'failed', each: ({ failed }) => failed }
  ],

  measure: paced
}

/**
 * Clients that pause between their requests.
 * @param {import('../bench.js').Bench} bench
 * @param {import('../contenders/running.js').Running} running
 * @param {{ seconds: number, pause: number, warmUp: number }} plan the pause in milliseconds
 */
export async function paced (bench, running, { seconds, pause, warmUp }) {
  await warm(bench, running, { tool: bench.tools.keepAlive, warmUp })
  const ms = []
  const { tally, stop } = keepAsking(running, CLIENTS, { pauses: [pause], onAnswer: answer => { ms.push(answer.ms) } })
  await sleep(BEFORE * 1000)
  const [moved, cpu] = [await returnedBy(running), cpuOf(running)]
  ms.length = 0
  await sleep(seconds * 1000)
  const after = cpuOf(running)
  const measured = [...ms]
  await stop()
  return {
    ms: measured.map(ms => Math.round(ms * 100) / 100),
    micros: (after.primary + after.workers - cpu.primary - cpu.workers) / measured.length,
    moved: (await returnedBy(running) - moved) / measured.length * 100,
    failed: tally.failed
  }
}
