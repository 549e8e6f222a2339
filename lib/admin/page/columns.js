import { bytes, count, duration, milliseconds, percent, rate } from './format.js'

const states = { starting: 'Starting', ready: 'Ready', draining: 'Draining' }

const sum = of => workers => workers.reduce((total, worker) => total + worker[of], 0)
const most = of => workers => workers.reduce((greatest, worker) => Math.max(greatest, worker[of]), 0)

/**
 * The columns of the table of workers. `total` computes the value for all workers, in the same format.
 * `kind` marks cells that are not plain text. In one of kind `restart`, a button stands before the number.
 */
export const columns = [
  { name: 'Slot', of: 'slot', format: count },
  { name: 'Worker', of: 'id', format: String, kind: 'name' },
  { name: 'Pid', of: 'pid', format: pid => pid === undefined ? '–' : String(pid) },
  { name: 'State', of: 'state', format: (state, { saturated }) => state === 'ready' && saturated ? 'Saturated' : states[state] ?? state },
  { name: 'Gen.', title: 'Generation', of: 'generation', format: count },
  { name: 'Age', of: 'age', format: duration },
  { name: 'Open', title: 'Open connections', of: 'open', format: count, total: sum('open') },
  { name: 'Conn./s', title: 'Connections handed off per second', of: 'handedOffRate', format: rate, total: sum('handedOffRate') },
  { name: 'Req./s', title: 'Requests per second', of: 'requestRate', format: rate, total: sum('requestRate') },
  { name: 'Utilization', title: 'Utilization of the event loop', of: 'utilization', format: percent, kind: 'bar', total: workers => sum('utilization')(workers) / Math.max(workers.length, 1) },
  { name: 'Delay', title: 'Longest delay of the event loop in the last second', of: 'delay', format: milliseconds, total: most('delay') },
  { name: 'Memory', title: 'Resident memory', of: 'rss', format: bytes, total: sum('rss') },
  { name: 'Restarts', title: 'Restarts after a crash, in this slot', of: 'restarts', format: count, kind: 'restart', total: sum('restarts') }
]
