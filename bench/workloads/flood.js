import { setTimeout as sleep } from 'node:timers/promises'
import { ask, now } from '../client.js'
import { closedLoop } from '../drive.js'
import { flood } from '../load/flood.js'
import { cpuMicros, descriptors, memory } from '../proc.js'
import { percentile } from '../statistics.js'

/** What the flood asks for: it blocks its worker for 5 ms, so that two make less than 400 a second. */
const PATH = '/block/5'

/** How many times the capacity comes. */
const TIMES = 10

/** How many at a time the capacity is measured with. */
const CONNECTIONS = 32

/** Light requests before the flood, by which what is normal is known. */
const LIGHT = 40

/** Milliseconds between two looks at the processes during the flood. */
const LOOK_EVERY = 250

/** Milliseconds between the light requests after it. */
const ASK_EVERY = 50

/** How many light requests in a row are answered as before when all is back to normal. */
const IN_A_ROW = 3

/** Milliseconds for which that is waited for. */
const LONGEST = 15_000

/** Milliseconds from the last client's end until what is left is counted. */
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
  about: (bench, { seconds }) => `2 workers, requests that block theirs for 5 ms; ${TIMES} times as many new connections a second as were answered before, ${CONNECTIONS} at a time (the capacity), for ${seconds} s in the open loop. Clients give up when they are not connected after 3 s (or at the end), or not answered after 15 s. Shedding: \`onOverload: 'shed', pendingTimeout: 250\`; the others have the defaults. Back to normal: from the end of the flood until ${IN_A_ROW} light requests in a row, of one each ${ASK_EVERY} ms, are answered within twice the longest of ${LIGHT} before it; ${LONGEST.toLocaleString('en')} is for longer. Descriptors left: more than before, ${AFTER / 1000} s after the last client has gone.`,
  contenders: ['native', 'native-shed', 'ipc-shed', 'cluster-rr', 'cluster-none'],
  full: { rounds: 1, seconds: 30, warmUp: 1000 },
  quick: { rounds: 1, seconds: 5, warmUp: 200, contenders: ['native', 'native-shed', 'cluster-rr'] },
  settings: { workers: 2 },
  tables: [
    {
      title: 'What became of the connections',
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
      title: 'What it took',
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

/** Requests a second, by as many at a time as keep all workers busy. */
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

/** The most of each until then. */
async function peakUntil (time, running) {
  const peak = look(running)
  while (now() < time) {
    await sleep(LOOK_EVERY)
    for (const [what, figure] of Object.entries(look(running))) peak[what] = Math.max(peak[what], figure)
  }
  return peak
}

/** Asks in the open loop: a request does not wait for the one before. */
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
