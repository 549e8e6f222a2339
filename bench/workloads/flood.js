import { setTimeout as sleep } from 'node:timers/promises'
import { ask, now } from '../client.js'
import { closedLoop } from '../drive.js'
import { flood } from '../load/flood.js'
import { cpuMicros, descriptors, memory } from '../proc.js'
import { percentile } from '../statistics.js'

/** The request of the flood. It blocks its worker for 5 ms, so two workers answer fewer than 400 a second. */
const PATH = '/block/5'

/** The flood as a multiple of the capacity. */
const TIMES = 10

/** Connections at a time while the capacity is measured. */
const CONNECTIONS = 32

/** Light requests before the flood, which show what is normal. */
const LIGHT = 40

/** Milliseconds between two measurements of the processes during the flood. */
const LOOK_EVERY = 250

/** Milliseconds between the light requests after it. */
const ASK_EVERY = 50

/** Everything is back to normal when this many light requests in a row are answered as fast as before. */
const IN_A_ROW = 3

/** Milliseconds to wait for that. */
const LONGEST = 15_000

/** Milliseconds from the last client's end until the descriptors that are left are counted. */
const AFTER = 2000

const MIB = 2 ** 20

export const growth = { title: 'primary\'s memory, growth in MiB', each: ({ before, peak }) => (peak.rss - before.rss) / MIB, digits: 1 }
export const leftBehind = { title: 'left 2 s later', each: ({ before, after }) => after.descriptors - before.descriptors }
export const notAnswered = { title: 'not answered', each: ({ unanswered }) => unanswered }
export const cut = { title: 'reset', each: ({ cut }) => cut }
export const recovery = { title: 'back to normal after ms', each: ({ recovery }) => recovery }

/** @type {import('./index.js').Workload} */
export default {
  name: 'flood',
  title: `A flood of ${TIMES} times the capacity`,
  about: (bench, { seconds }) => `2 workers, requests that block their worker for 5 ms; ${TIMES} times as many new connections a second as the workers can answer with ${CONNECTIONS} at a time (the capacity), for ${seconds} s in an open loop. Clients give up if they are not connected after 3 s (or at the end), or not answered after 15 s. Shedding: \`onOverload: 'shed', pendingTimeout: 250\`; the others have the defaults. Back to normal: from the end of the flood until ${IN_A_ROW} light requests in a row (one every ${ASK_EVERY} ms) are answered within twice the longest time of ${LIGHT} requests before it; ${LONGEST.toLocaleString('en')} means longer. Descriptors left: how many more than before, ${AFTER / 1000} s after the last client has gone.`,
  contenders: ['native', 'native-shed', 'ipc-shed', 'cluster-rr', 'cluster-none'],
  full: { rounds: 1, seconds: 30, warmUp: 1000 },
  quick: { rounds: 1, seconds: 5, warmUp: 200, contenders: ['native', 'native-shed', 'cluster-rr'] },
  settings: { workers: 2 },
  tables: [
    {
      title: 'How the connections ended',
      columns: [
        { title: 'capacity/s', each: ({ capacity }) => capacity },
        { title: 'opened/s', each: ({ opened, seconds }) => opened / seconds },
        { title: 'answered 200', each: ({ ms }) => ms.length },
        { title: '503', each: ({ shed }) => shed },
        cut,
        { title: 'not connected', each: ({ unconnected }) => unconnected },
        notAnswered,
        { title: 'p50 ms of the 200s', each: ({ ms }) => percentile(ms, 0.5) },
        { title: 'p99 ms', each: ({ ms }) => percentile(ms, 0.99) },
        recovery
      ]
    },
    {
      title: 'The cost',
      columns: [
        { title: 'primary\'s memory before, MiB', each: ({ before }) => before.rss / MIB, digits: 1 },
        growth,
        { title: 'primary\'s descriptors before', each: ({ before }) => before.descriptors },
        { title: 'the most', each: ({ peak }) => peak.descriptors },
        leftBehind,
        { title: 'workers\' descriptors, the most', each: ({ peak }) => peak.workersDescriptors },
        { title: 'primary\'s CPU, % of one', each: ({ before, peak, seconds }) => (peak.cpuMicros - before.cpuMicros) / seconds / 1e4 }
      ]
    }
  ],

  async measure (bench, running, { seconds, warmUp, round }) {
    const capacity = await measureCapacity(running, warmUp)
    const light = await closedLoop(running, '/', { count: LIGHT, connections: 1 })
    const normal = Math.max(...light.map(({ ms }) => ms))
    const before = look(running)
    const { endsAt, done } = flood(bench, running, { path: PATH, perSecond: TIMES * capacity, seconds, seed: round })
    const [peak, recovery, became] = await Promise.all([
      peakUntil(endsAt, running),
      sleep(endsAt - now()).then(async () => await msUntilNormal(running, 2 * normal)),
      done
    ])
    await sleep(AFTER)
    const { ms, shed, cut, unconnected, unanswered } = became
    return {
      ...became,
      capacity,
      seconds,
      opened: ms.length + shed + cut + unconnected + unanswered,
      normal,
      recovery,
      before,
      peak,
      after: look(running)
    }
  }
}

/** Requests a second, with enough at a time to keep all workers busy. */
async function measureCapacity (running, count) {
  const startedAt = now()
  const answers = await closedLoop(running, PATH, { count, connections: CONNECTIONS })
  const took = now() - startedAt
  const failed = answers.filter(({ outcome }) => outcome !== 'answered').length
  if (failed > 0) throw new Error(`${failed} of ${count} requests were not answered before the flood`)
  return count / took * 1000
}

function look ({ primary, workers }) {
  return {
    rss: memory(primary).rss,
    cpuMicros: cpuMicros(primary),
    descriptors: descriptors(primary),
    workersDescriptors: workers.reduce((sum, pid) => sum + descriptors(pid), 0)
  }
}

/** The highest value of each figure until then. */
async function peakUntil (time, running) {
  const peak = look(running)
  while (now() < time) {
    await sleep(LOOK_EVERY)
    for (const [what, figure] of Object.entries(look(running))) peak[what] = Math.max(peak[what], figure)
  }
  return peak
}

/** In an open loop: a request does not wait for the one before. */
async function msUntilNormal (running, longest) {
  const startedAt = now()
  const asked = []
  while (now() - startedAt < LONGEST) {
    const request = { sentAt: now(), normal: undefined }
    asked.push(request)
    ask(running, '/', { timeout: LONGEST }).then(({ outcome, ms }) => { request.normal = outcome === 'answered' && ms <= longest })
    await sleep(ASK_EVERY)
    const first = asked.findIndex((_, i) => i + IN_A_ROW <= asked.length && asked.slice(i, i + IN_A_ROW).every(({ normal }) => normal === true))
    if (first !== -1) return asked[first].sentAt - startedAt
  }
  return LONGEST
}
