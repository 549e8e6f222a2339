import { cell, ratio } from './columns.js'
import { p99, p999 } from './workloads/arrivals.js'
import { waited } from './workloads/blocked.js'
import { cut, growth, leftBehind, notAnswered, recovery } from './workloads/flood.js'
import { micros as requestMicros, moved, perSecond as requestsPerSecond } from './workloads/keep-alive.js'
import { waited as keptWaited } from './workloads/kept-blocked.js'
import { micros as heldMicros, p50 as heldP50 } from './workloads/kept-held.js'
import { lost as lostWithWorker } from './workloads/kept-killed.js'
import { all as keptMemory } from './workloads/kept-memory.js'
import { anew, failed as failedBehindProxies } from './workloads/kept-proxies.js'
import { closed, failed } from './workloads/kept-reload.js'
import { share } from './workloads/kept-spread.js'
import { closed as closedByUpgrade, failed as failedInUpgrade } from './workloads/kept-upgrade.js'
import { primaryPss, primaryRss } from './workloads/memory.js'
import { perSecond, primaryMicros } from './workloads/new-connections.js'
import { primaryMicros as primaryMicrosBy } from './workloads/scaling.js'

/**
 * @typedef {object} Goal
 * @property {string} what
 * @property {number} [atLeast]
 * @property {number} [atMost] with `atLeast`: from one to the other
 * @property {boolean} [withinSpread] whether it is met if one round meets it
 * @property {(samples: import('./run.js').Outcome['samples']) => import('./statistics.js').Spread | undefined} figure
 */

const between = (workload, ours, theirs, column) => samples => ratio(samples[workload]?.[ours], samples[workload]?.[theirs], column)

/** The worst, that is the highest, figure of these contenders. */
const worst = (workload, names, column) => samples => names
  .map(name => cell(samples[workload]?.[name], column))
  .filter(figure => figure !== undefined)
  .toSorted((one, other) => other.value - one.value)[0]

const lanes = ['native', 'ipc']
const shedding = ['native-shed', 'ipc-shed']
const lost = { each: sample => cut.each(sample) + notAnswered.each(sample) }

const sixteenToOne = { each: sample => primaryMicrosBy(16).each(sample) / primaryMicrosBy(1).each(sample) }

/** @type {Goal[]} */
const goals = [
  { what: 'new connections/s, native : node:cluster SCHED_RR', atLeast: 1.5, figure: between('new-connections', 'native', 'cluster-rr', perSecond) },
  { what: 'new connections/s, native : SCHED_NONE', atLeast: 0.97, figure: between('new-connections', 'native', 'cluster-none', perSecond) },
  { what: 'primary µs/conn, native : the C floor', atMost: 1.15, figure: between('new-connections', 'native', 'floor', primaryMicros) },
  { what: 'primary µs/conn at 16 workers : at 1', atMost: 1.2, figure: ({ scaling }) => cell(scaling?.native, sixteenToOne) },
  { what: 'keep-alive requests/s, native : node:cluster SCHED_RR', atLeast: 1, withinSpread: true, figure: between('keep-alive', 'native', 'cluster-rr', requestsPerSecond) },
  { what: 'p99 of light requests among blocking ones, 4 workers, native : node:cluster SCHED_RR', atMost: 0.4, figure: between('arrivals', 'native', 'cluster-rr', p99) },
  { what: 'p99.9 of the same, native : SCHED_NONE', atMost: 0.5, figure: between('arrivals', 'native', 'cluster-none', p999) },
  { what: 'requests that wait for a worker blocked for 2 s, beyond those that it had received', atMost: 0, figure: ({ blocked }) => cell(blocked?.native, waited) },
  { what: 'ipc lane : node:cluster SCHED_RR, new connections/s', atLeast: 0.95, figure: between('new-connections', 'ipc', 'cluster-rr', perSecond) },
  { what: 'primary\'s memory at rest (RSS), command mode : node:cluster\'s primary with an empty script', atMost: 1.3, figure: between('memory', 'native', 'cluster-rr', primaryRss) },
  { what: 'the same, PSS: without what all Node processes share', atMost: 1.3, figure: between('memory', 'native', 'cluster-rr', primaryPss) },
  { what: 'growth of the primary\'s memory (RSS) in a flood of 10 times the capacity, MiB', atMost: 64, figure: worst('flood', ['native', ...shedding], growth) },
  { what: 'descriptors that it leaves behind', atMost: 0, figure: worst('flood', ['native', ...shedding], leftBehind) },
  { what: 'connections that are let in and not answered', atMost: 0, figure: worst('flood', ['native', ...shedding], lost) },
  { what: 'ms from its end until all is back to normal, shedding', atMost: 1000, figure: worst('flood', shedding, recovery) },
  { what: '10 reloads under 64 kept clients, both lanes: requests failed', atMost: 0, figure: worst('kept-reload', lanes, failed) },
  { what: 'the same: connections closed', atMost: 0, figure: worst('kept-reload', lanes, closed) },
  { what: 'scaling from 4 to 2 to 4 under them: requests failed', atMost: 0, figure: worst('kept-scale', lanes, failed) },
  { what: 'the same: connections closed', atMost: 0, figure: worst('kept-scale', lanes, closed) },
  { what: 'recycling under them: requests failed', atMost: 0, figure: worst('kept-recycle', lanes, failed) },
  { what: 'the same: connections closed', atMost: 0, figure: worst('kept-recycle', lanes, closed) },
  { what: 'light requests on kept connections that wait for a worker blocked for 2 s, native', atMost: 0, figure: worst('kept-blocked', ['native'], keptWaited) },
  { what: 'p99 of light requests among blocking ones on kept connections, native : nothing moves', atMost: 0.25, figure: between('kept-arrivals', 'native', 'native-stays', p99) },
  { what: 'CPU of a keep-alive request, native : nothing moves', atMost: 1.02, withinSpread: true, figure: between('keep-alive', 'native', 'native-stays', requestMicros) },
  { what: 'connections moved at saturation, % of requests', atMost: 0.1, figure: worst('keep-alive', lanes, moved) },
  { what: 'requests on kept connections that two new workers serve after scaling from 2 to 4, %, native', atLeast: 45, atMost: 55, figure: worst('kept-spread', ['native'], share) },
  { what: 'the same, ipc', atLeast: 45, atMost: 55, figure: worst('kept-spread', ['ipc'], share) },
  { what: 'memory of an idle kept connection, all processes, KiB, both lanes', atMost: 1, figure: worst('kept-memory', lanes, keptMemory) },
  { what: 'p50 of a request every 1.5 s on connections held in between, native : nothing moves', atMost: 1.3, figure: between('kept-held', 'native', 'native-stays', heldP50) },
  { what: 'CPU of the same', atMost: 1.5, figure: between('kept-held', 'native', 'native-stays', heldMicros) },
  { what: 'held connections lost with a killed worker, both lanes', atMost: 0, figure: worst('kept-killed', lanes, lostWithWorker) },
  { what: '5 reloads behind nginx and HAProxy, both lanes: requests failed', atMost: 0, figure: worst('kept-proxies', lanes, failedBehindProxies) },
  { what: 'the same: connections that they opened anew', atMost: 0, figure: worst('kept-proxies', lanes, anew) },
  { what: '5 upgrades of the primary under 64 kept clients, both lanes: requests failed', atMost: 0, figure: worst('kept-upgrade', lanes, failedInUpgrade) },
  { what: 'the same: connections closed', atMost: 0, figure: worst('kept-upgrade', lanes, closedByUpgrade) }
]

/**
 * Whether each goal is met. Goals that this run has no figures for are left out.
 * @param {import('./run.js').Outcome['samples']} samples
 */
export function judge (samples) {
  return goals.flatMap(goal => {
    const figure = goal.figure(samples)
    return figure === undefined ? [] : [{ ...goal, figure, verdict: verdict(goal, figure) }]
  })
}

function verdict ({ atLeast, atMost, withinSpread = false }, { value, low, high }) {
  if (atMost === 0) return value === 0 ? 'met' : `missed by ${value}`
  const missing = Math.max(atLeast === undefined ? 0 : 1 - value / atLeast, atMost === undefined ? 0 : value / atMost - 1)
  if (missing <= 0) return 'met'
  if (withinSpread && (high >= atLeast || low <= atMost)) return 'met within the spread'
  return `missed by ${(missing * 100).toFixed(missing < 0.1 ? 1 : 0)} %`
}
