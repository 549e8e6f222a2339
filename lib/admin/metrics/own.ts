import { ACK_BOUNDS, type Buckets, REQUEST_BOUNDS } from '../../histogram.js'
import type { Operable } from '../operable.js'
import { type Labels, type Metric, seriesOf, type Type } from './metric.js'

type Value = [value: number, labels?: Labels]
/** `part` is the suffix of the sample's name. */
type Sample = [part: string, labels: Labels, value: number]

/** The states of a worker that has not exited. */
const STATES = ['starting', 'ready', 'draining'] as const

/**
 * The primary's own metrics. The label `slot` is the number of the worker's slot rather than its id, so that
 * a reload makes no new series.
 * @param silent the number of workers that have not sent their apps' metrics in time
 */
export function ownMetrics (primary: Operable, silent: number): Metric[] {
  const status = primary.status()
  const { workers, listeners, reloads } = status
  const slots = [...primary.countsBySlot]
  // While a worker is being replaced, its slot has two workers.
  const perSlot = (together: (a: number, b: number) => number, of: (worker: typeof workers[number]) => number): Value[] =>
    [...bySlot(workers, together, of)].map(([slot, value]) => [value, { slot }])
  const { user, system } = process.cpuUsage()
  return [
    gauge('info', 'Describes this server by its labels; always 1.', [[1, { name: status.name ?? '', version: status.version, node: status.node, mode: status.mode, lane: status.lane, policy: status.policy }]]),
    gauge('start_time_seconds', 'When the primary started, in seconds since the epoch.', [[status.startedAt / 1_000]]),
    gauge('ready', 'Whether the server is ready for connections: 1 or 0.', [[Number(status.ready)]]),
    gauge('generation', 'Generation of the workers: each reload raises it by 1.', [[status.generation]]),
    gauge('workers', 'Workers, by state.', STATES.map(state => [workers.filter(worker => worker.state === state).length, { state }])),
    gauge('pending_connections', 'Accepted connections that have not been sent to a worker yet.', listeners.map(({ key, pending }) => [pending, { listener: key }])),
    gauge('pending_connections_limit', 'The option maxPending: the limit for each listener.', [[status.maxPending]]),
    gauge('held_connections', 'Kept connections that the primary holds: idle, and without a worker.', listeners.map(({ key, held }) => [held, { listener: key }])),
    counter('shed_connections_total', 'Connections rejected instead of being sent to a worker.', [[status.shed]]),
    counter('handoffs_total', 'Connections sent to workers.', slots.map(([slot, { handedOff }]) => [handedOff, { slot }])),
    counter('accepted_total', 'Connections that workers accepted.', slots.map(([slot, { accepted }]) => [accepted, { slot }])),
    counter('refused_total', 'Connections that workers refused; each was given to another worker.', slots.map(([slot, { refused }]) => [refused, { slot }])),
    counter('taken_back_total', 'Connections taken back from busy workers; each was given to another worker.', slots.map(([slot, { takenBack }]) => [takenBack, { slot }])),
    counter('returned_total', 'Kept connections that workers returned to the primary, by the reason.', slots.flatMap(([slot, { returned }]): Value[] => Object.entries(returned).map(([reason, count]) => [count, { slot, reason }]))),
    counter('rehanded_total', 'Connections given to another worker because the first one refused them, was busy, or died.',
      [[slots.reduce((sum, [, { refused, takenBack }]) => sum + refused + takenBack, primary.reclaimed)]]),
    histogram('ack_seconds', 'Time from sending connections to a worker until its ack.', ACK_BOUNDS, [[primary.ackTimes]]),
    gauge('open_connections', 'Connections that workers have open.', perSlot(add, ({ open }) => open)),
    counter('requests_total', 'Requests that workers have begun to answer.', slots.map(([slot, { requests }]) => [requests, { slot }])),
    histogram('request_duration_seconds', 'Time from the arrival of a request to the end of its response.', REQUEST_BOUNDS, slots.map(([slot, { durations }]) => [durations, { slot }])),
    gauge('event_loop_utilization_ratio', 'Share of the last second in which the event loop of a worker was busy.', perSlot(Math.max, ({ utilization }) => utilization)),
    gauge('event_loop_delay_seconds', 'Longest event loop delay of a worker in the last second.', perSlot(Math.max, ({ delay }) => delay / 1_000)),
    counter('stalls_total', 'How often the event loop of a worker was blocked for stallAfter or longer.', slots.map(([slot, { stalls }]) => [stalls, { slot }])),
    gauge('worker_resident_memory_bytes', 'Resident memory of the workers.', perSlot(add, ({ rss }) => rss)),
    counter('worker_restarts_total', 'Workers that exited unexpectedly; each was replaced.', [[status.restarts]]),
    counter('reloads_total', 'Reloads, by result.', [[reloads.completed, { result: 'completed' }], [reloads.aborted, { result: 'aborted' }]]),
    counter('tls_handshakes_total', 'TLS handshakes: full, and resumed from an earlier session.', slots.flatMap(([slot, counts]): Value[] => [
      [counts.fullHandshakes, { slot, kind: 'full' }],
      [counts.resumedHandshakes, { slot, kind: 'resumed' }]
    ])),
    gauge('silent_workers', 'Workers that did not report their app\'s metrics in time; their last values are used.', [[silent]]),
    gauge('primary_resident_memory_bytes', 'Resident memory of the primary.', [[process.memoryUsage.rss()]]),
    counter('primary_cpu_seconds_total', 'CPU time of the primary, in seconds.', [[(user + system) / 1e6]])
  ]
}

function bySlot<W extends { slot: number }> (workers: readonly W[], together: (a: number, b: number) => number, of: (worker: W) => number): Map<number, number> {
  const slots = new Map<number, number>()
  for (const worker of workers) slots.set(worker.slot, together(slots.get(worker.slot) ?? 0, of(worker)))
  return slots
}

function add (a: number, b: number): number {
  return a + b
}

function gauge (name: string, help: string, values: Value[]): Metric {
  return simple(name, help, 'gauge', values)
}

function counter (name: string, help: string, values: Value[]): Metric {
  return simple(name, help, 'counter', values)
}

function simple (name: string, help: string, type: Type, values: Value[]): Metric {
  return metric(name, help, type, values.map(([value, labels = {}]) => ['', labels, value]))
}

/** Makes the buckets cumulative, as Prometheus expects: each counts all values up to its bound. */
function histogram (name: string, help: string, bounds: readonly number[], series: Array<[Buckets, Labels?]>): Metric {
  return metric(name, help, 'histogram', series.flatMap(([{ counts, sum }, labels = {}]): Sample[] => {
    let total = 0
    const buckets = counts.map((count, i): Sample => {
      total += count
      return ['_bucket', { le: bounds[i] ?? '+Inf', ...labels }, total]
    })
    return [...buckets, ['_sum', labels, sum], ['_count', labels, total]]
  }))
}

function metric (name: string, help: string, type: Type, values: Sample[]): Metric {
  const full = `shared_fastify_${name}`
  return { name: full, help, type, aggregator: 'sum', samples: new Map(values.map(([part, labels, value]) => [seriesOf(full + part, Object.entries(labels)), value])) }
}
