import { cpuMicros } from './proc.js'

/** The longest warm-up, in seconds. */
const LONGEST_WARM_UP = 5

/**
 * Puts load on a contender, and measures the CPU time of the whole primary and of all workers.
 * @param {import('./bench.js').Bench} bench
 * @param {import('./contenders/running.js').Running} running
 * @param {{ tool: import('./load/index.js').Tool, seconds: number, warmUp: number, connections?: number }} options
 *   whole seconds
 */
export async function underLoad (bench, running, { tool, seconds, warmUp, connections = 64 }) {
  await warm(bench, running, { tool, warmUp, connections })
  const before = cpuOf(running)
  const load = await tool.run(bench, { url: urlOf(running), seconds, connections })
  const after = cpuOf(running)
  if (load.requests === 0) throw new Error('no request was answered')
  return {
    requests: load.requests,
    perSecond: load.requests / load.seconds,
    failed: load.failed,
    primaryMicros: running.primary === undefined ? null : (after.primary - before.primary) / load.requests,
    workersMicros: (after.workers - before.workers) / load.requests
  }
}

/** @param {{ tool: import('./load/index.js').Tool, warmUp: number, connections?: number }} options a number of requests, because requests make V8 compile */
export async function warm (bench, running, { tool, warmUp, connections = 64 }) {
  for (let second = 0, done = 0; second < LONGEST_WARM_UP && done < warmUp; second++) {
    done += (await tool.run(bench, { url: urlOf(running), seconds: 1, connections })).requests
  }
}

function urlOf ({ secure, port }) {
  return `${secure ? 'https' : 'http'}://127.0.0.1:${port}/`
}

/**
 * CPU time in microseconds.
 * @param {import('./contenders/running.js').Running} running
 */
export function cpuOf ({ primary, workers }) {
  return {
    primary: primary === undefined ? 0 : cpuMicros(primary),
    workers: workers.reduce((sum, pid) => sum + cpuMicros(pid), 0)
  }
}
