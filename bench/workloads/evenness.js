import { closedLoop } from '../drive.js'

/** @type {import('./index.js').Workload} */
export default {
  name: 'evenness',
  title: 'Evenness',
  about: () => '4 workers, one request on each connection. One connection at a time, and 64 at a time: the fewest and the most that a worker got, in percent of an even share.',
  contenders: ['native', 'ipc', 'cluster-rr', 'cluster-none', 'reuse-port', 'watt', 'sticky'],
  full: { rounds: 1, single: 400, crowd: 4000 },
  quick: { rounds: 1, single: 100, crowd: 1000, contenders: ['native', 'cluster-rr'] },
  settings: { workers: 4 },
  columns: [
    { title: 'one at a time, fewest %', each: ({ single }) => share(single, Math.min) },
    { title: 'most %', each: ({ single }) => share(single, Math.max) },
    { title: '64 at a time, fewest %', each: ({ crowd }) => share(crowd, Math.min) },
    { title: 'most % ', each: ({ crowd }) => share(crowd, Math.max) },
    { title: 'not answered', each: ({ failed }) => failed }
  ],

  async measure (bench, running, { single, crowd }) {
    const alone = await closedLoop(running, '/who', { count: single, connections: 1 })
    const together = await closedLoop(running, '/who', { count: crowd, connections: 64 })
    return {
      single: counts(alone, running.workerNames),
      crowd: counts(together, running.workerNames),
      failed: [...alone, ...together].filter(({ outcome }) => outcome !== 'answered').length
    }
  }
}

function counts (answers, workers) {
  const served = new Map(workers.map(worker => [worker, 0]))
  for (const { outcome, body } of answers) {
    if (outcome !== 'answered') continue
    const { worker } = JSON.parse(body)
    served.set(worker, (served.get(worker) ?? 0) + 1)
  }
  return [...served.values()]
}

function share (counts, pick) {
  return pick(...counts) / (counts.reduce((sum, count) => sum + count, 0) / counts.length) * 100
}
