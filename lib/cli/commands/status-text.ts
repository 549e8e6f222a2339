import bytes from 'bytes'
import pc from 'picocolors'
import type { Status, WorkerStats } from '../../../types/index.js'
import { placesOf } from './primaries.js'
import { oneLine } from '../../platform/plain-text.js'
import { type Column, table, widthOf } from '../table.js'

const COLUMNS: Column[] = [
  { title: 'SLOT', align: 'right' },
  { title: 'ID', align: 'right' },
  { title: 'PID', align: 'right' },
  { title: 'STATE', align: 'left' },
  { title: 'GEN', align: 'right' },
  { title: 'AGE', align: 'right' },
  { title: 'OPEN', align: 'right' },
  { title: 'CONN/S', align: 'right' },
  { title: 'REQ/S', align: 'right' },
  { title: 'BUSY', align: 'right' },
  { title: 'DELAY', align: 'right' },
  { title: 'RSS', align: 'right' },
  { title: 'CRASH', align: 'right' }
]

/** The width of a bar in characters. */
const BAR = 10

const STATE_COLOURS = { starting: pc.yellow, ready: pc.green, draining: pc.cyan, exited: pc.red }

/**
 * Describes one primary and its workers for people, within `width` columns. With `bars`, utilization is also
 * drawn as bars if there is room.
 */
export function statusText (status: Status, { bars = false, width = 80 } = {}): string {
  const { name, pid, state, generation, uptime, workers, lane, policy, pending, maxPending, held, shed, restarts, reload, app } = status
  const about = [`up ${duration(uptime)}`, `generation ${generation}`, `shared-fastify ${status.version}`, `Node ${status.node}`]
  const traffic = [`lane ${lane}`, `policy ${oneLine(policy)}`, `pending ${pending} of ${maxPending}`, `held ${held}`, `shed ${shed}`, `restarts ${restarts}`]
  const sorted = [...workers].sort((a, b) => a.slot - b.slot || a.id - b.id)
  const draw = (bars: boolean): string => table(COLUMNS, sorted.map(worker => row(worker, bars)), width)
  const withBars = bars ? draw(true) : ''
  return [
    pc.bold(oneLine(name ?? 'shared-fastify')) + wrapped(width, ` (pid ${pid}): ${state}`, about, (name ?? 'shared-fastify').length),
    wrapped(width, `listening on ${placesOf(status)}`, traffic),
    `app ${oneLine(app)}`,
    ...(reload === null ? [] : [pc.cyan(`reload ${reload.generation}: ${reload.replaced} of ${reload.workers} workers replaced`)]),
    '',
    bars && withBars.split('\n').every(line => widthOf(line) <= width) ? withBars : draw(false)
  ].join('\n')
}

/**
 * Joins a beginning and the parts that follow, on as many lines as needed. `taken` is the number of columns
 * already used before the beginning.
 */
function wrapped (width: number, beginning: string, parts: string[], taken = 0): string {
  const lines = [beginning]
  for (const part of parts) {
    const line = `${lines.at(-1)}, ${part}`
    if (line.length + (lines.length === 1 ? taken : 0) <= width) lines[lines.length - 1] = line
    else lines.push(`  ${part}`)
  }
  return lines.join('\n')
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
    short(duration(age)),
    String(open),
    String(handedOffRate),
    String(requestRate),
    bars ? `${bar(utilization)} ${busy}` : busy.trim(),
    `${delay}ms`,
    rss === 0 ? '-' : bytes.format(rss, { decimalPlaces: 0 }) ?? '-',
    String(restarts)
  ]
}

/** Shortens `3 d 4 h` to `3d4h`, for a table. */
function short (duration: string): string {
  return duration.replaceAll(' ', '').replace('min', 'm')
}

function bar (share: number): string {
  const full = Math.min(BAR, Math.round(share * BAR))
  const colour = share > 0.9 ? pc.red : share > 0.7 ? pc.yellow : pc.green
  return colour('█'.repeat(full)) + pc.dim('░'.repeat(BAR - full))
}

/** Formats the two largest units: `3 d 4 h`, `12 min 5 s`, `8 s`. */
export function duration (ms: number): string {
  const seconds = Math.floor(ms / 1_000)
  const parts = [[Math.floor(seconds / 86_400), 'd'], [Math.floor(seconds / 3_600) % 24, 'h'], [Math.floor(seconds / 60) % 60, 'min'], [seconds % 60, 's']] as const
  const first = parts.findIndex(([count]) => count > 0)
  if (first === -1) return '0 s'
  return parts.slice(first, first + 2).filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}`).join(' ')
}
