import { underLoad } from '../measure.js'

/** The numbers of workers. */
const SIZES = [1, 2, 4, 8, 16]

export const primaryMicros = workers => ({ title: `${workers}`, each: sample => sample[workers]?.primaryMicros, digits: 1 })
const firstAnswer = workers => ({ title: `${workers}`, each: sample => sample[workers]?.msToFirstAnswer })
const allReady = workers => ({ title: `${workers}`, each: sample => sample[workers]?.msToAllWorkers })

/** @type {import('./index.js').Workload} */
export default {
  name: 'scaling',
  title: 'From 1 to 16 workers',
  about: ({ tools }) => `${tools.newConnections.name}, 64 at a time.`,
  contenders: ['native', 'cluster-rr', 'floor'],
  full: { rounds: 2, seconds: 1, warmUp: 15000, sizes: SIZES },
  quick: { rounds: 1, seconds: 1, warmUp: 0, sizes: [1, 4], contenders: ['native'] },
  tables: [
    { title: 'The primary\'s CPU, µs per connection, by number of workers', columns: SIZES.map(primaryMicros) },
    { title: 'From the start to the first answer, ms, by number of workers', columns: SIZES.map(firstAnswer), without: ['floor'] },
    { title: 'From the start to all workers ready, ms, by number of workers', columns: SIZES.map(allReady), without: ['floor'] }
  ],

  /** Starts its contenders itself, one of each size. */
  async measureAll (bench, start, { seconds, warmUp, sizes }) {
    const sample = {}
    for (const workers of sizes) {
      const running = await start({ workers })
      try {
        const { msToFirstAnswer, msToAllWorkers } = running
        sample[workers] = { msToFirstAnswer, msToAllWorkers, ...await underLoad(bench, running, { tool: bench.tools.newConnections, seconds, warmUp }) }
      } finally {
        await running.stop()
      }
    }
    return sample
  }
}
