import bytes from 'bytes'
import pc from 'picocolors'
import type { Status, WorkerStats } from '../../../types/index.js'
import { placesOf } from '../primaries.js'
import { type Column, table } from '../table.js'

const COLUMNS: Column[] = [
  { title: 'SLOT', align: 'right' },
  { title: 'ID', align: 'right' },
  { title: 'PID', align: 'right' },
  { title: 'STATE', align: 'left' },
  { title: 'GEN', align: 'right' },
  { title: 'AGE', align: 'right' },
  { title: 'OPEN', align: 'right' },
  { title: 'HANDED/S', align: 'right' },
  { title: 'REQ/S', align: 'right' },
  { title: 'BUSY', align: 'right' },
  { title: 'DELAY', align: 'right' },
  { title: 'RSS', align: 'right' },
  { title: 'RESTARTS', align: 'right' }
]

/** Characters of a bar. */
const BAR = 10

const STATE_COLOURS = { starting: pc.yellow, ready: pc.green, draining: pc.cyan, exited: pc.red }

/** One primary for people: what it is, and its workers. With `bars`, how busy they are can be seen from afar. */
export function statusText (status: Status, { bars = false } = {}): string {
  const { name, pid, state, generation, uptime, workers, lane, policy, pending, maxPending, shed, restarts, reload, app } = status
  return [
    `${pc.bold(name ?? 'shared-fastify')} (pid ${pid}): ${state}, up ${duration(uptime)}, generation ${generation}, shared-fastify ${status.version}, Node ${status.node}`,
    `listening at ${placesOf(status)}; lane ${lane}, policy ${policy}; pending ${pending} of ${maxPending}, shed ${shed}, restarts ${restarts}`,
    `app ${app}`,
    ...(reload === null ? [] : [pc.cyan(`reload ${reload.generation}: ${reload.replaced} of ${reload.workers} workers replaced`)]),
    '',
    table(COLUMNS, [...workers].sort((a, b) => a.slot - b.slot || a.id - b.id).map(worker => row(worker, bars)))
  ].join('\n')
}

function row (worker: WorkerStats, bars: boolean): string[] {
  const { slot, id, pid, state, generation, age, open, handedOffRate, requestRate, utilization, delay, rss, restarts } = worker
  const busy = `${Math.round(utilization * 100)}%`.padStart(4)
  return [
    String(slot),
    String(id),
    String(pid ?? '-'),
    STATE_COLOURS[state](state),
    String(generation),
    duration(age),
    String(open),
    String(handedOffRate),
    String(requestRate),
    bars ? `${bar(utilization)} ${busy}` : busy.trim(),
    `${delay} ms`,
    rss === 0 ? '-' : bytes.format(rss, { decimalPlaces: 0, unitSeparator: ' ' }) ?? '-',
    String(restarts)
  ]
}

function bar (share: number): string {
  const full = Math.min(BAR, Math.round(share * BAR))
  const colour = share > 0.9 ? pc.red : share > 0.7 ? pc.yellow : pc.green
  return colour('█'.repeat(full)) + pc.dim('░'.repeat(BAR - full))
}

/** The two largest units: `3 d 4 h`, `12 min 5 s`, `8 s`. */
export function duration (ms: number): string {
  const seconds = Math.floor(ms / 1_000)
  const parts = [[Math.floor(seconds / 86_400), 'd'], [Math.floor(seconds / 3_600) % 24, 'h'], [Math.floor(seconds / 60) % 60, 'min'], [seconds % 60, 's']] as const
  const first = parts.findIndex(([count]) => count > 0)
  if (first === -1) return '0 s'
  return parts.slice(first, first + 2).filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}`).join(' ')
}
