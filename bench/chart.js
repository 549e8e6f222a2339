import { cell } from './columns.js'
import { contender } from './contenders/index.js'
import { p99, p999 } from './workloads/arrivals.js'
import { closed } from './workloads/kept-reload.js'
import { perSecond, primaryMicros } from './workloads/new-connections.js'

/** The bars of the README's chart. */
const PANELS = [
  { title: 'New connections a second', better: 'more is better', workload: 'new-connections', column: perSecond, digits: 0, without: ['floor'] },
  { title: 'The primary\'s CPU for one connection, µs', better: 'less is better', workload: 'new-connections', column: primaryMicros, digits: 1, without: ['single', 'reuse-port', 'cluster-none'] },
  { title: 'Light requests among blocking ones, p99, ms', better: 'less is better', workload: 'arrivals', column: p99, digits: 1 },
  { title: 'The same, p99.9, ms', better: 'less is better', workload: 'arrivals', column: p999, digits: 1 },
  { title: 'Light requests on kept connections, p99, ms', better: 'less is better', workload: 'kept-arrivals', column: p99, digits: 1, without: ['native-stays'] },
  { title: 'Kept connections closed by 10 reloads', better: 'less is better', workload: 'kept-reload', column: closed, digits: 0, without: ['native-stays'] }
]

const OURS = new Set(['native', 'ipc'])

// Pixels.
const WIDTH = 880
const PANEL = 420
const GAP = 40
const LABELS = 170
const BARS = 170
const ROW = 24
const HEAD = 58

/**
 * The chart. It is readable on light and on dark pages.
 * @param {import('./run.js').Outcome['samples']} samples
 */
export function chart (samples) {
  const panels = PANELS.map(panel => ({ ...panel, bars: bars(samples, panel) })).filter(({ bars }) => bars.length > 0)
  const lines = panels.flatMap((_, i) => i % 2 === 0 ? [panels.slice(i, i + 2)] : [])
  let top = 0
  const drawn = lines.flatMap(line => {
    const at = top
    top += HEAD + ROW * Math.max(...line.map(({ bars }) => bars.length)) + GAP / 2
    return line.map((panel, i) => draw(panel, i * (PANEL + GAP), at))
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top}" width="${WIDTH}" height="${top}" role="img" aria-label="The comparison: ${panels.map(({ title }) => escape(title)).join('; ')}">
<style>
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600; font-size: 14px }
  .better { fill: #59636e }
  .value { font-variant-numeric: tabular-nums }
  .bar { fill: #9aa4af }
  .ours { fill: #0969da }
  .range { stroke: #1f2328; stroke-width: 1.5 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .better { fill: #9198a1 }
    .bar { fill: #59636e }
    .ours { fill: #4493f8 }
    .range { stroke: #e6edf3 }
  }
</style>
${drawn.join('\n')}
</svg>
`
}

function bars (samples, { workload, column, without = [] }) {
  return Object.entries(samples[workload] ?? {})
    .filter(([name]) => !without.includes(name))
    .map(([name, samples]) => ({ name, title: contender(name).title, range: cell(samples, column) }))
    .filter(({ range }) => range !== undefined)
}

function draw ({ title, better, bars, digits }, x, y) {
  const scale = BARS / Math.max(...bars.map(({ range }) => range.high), Number.MIN_VALUE)
  return [
    `<text class="title" x="${x}" y="${y + 20}">${escape(title)}</text>`,
    `<text class="better" x="${x}" y="${y + 39}">${better}</text>`,
    ...bars.map(({ name, title, range: { value, low, high } }, row) => {
      const top = y + HEAD + row * ROW
      const at = number => round(x + LABELS + number * scale)
      return [
        `<text x="${x}" y="${top + 13}">${escape(title.replace(', native lane', ', native').replace(', ipc lane', ', ipc'))}</text>`,
        `<rect class="bar${OURS.has(name) ? ' ours' : ''}" x="${x + LABELS}" y="${top}" width="${round(value * scale)}" height="17" rx="2"/>`,
        ...(low === high ? [] : [`<line class="range" x1="${at(low)}" x2="${at(high)}" y1="${top + 8.5}" y2="${top + 8.5}"/>`]),
        `<text class="value" x="${at(high) + 8}" y="${top + 13}">${value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })}</text>`
      ].join('')
    })
  ].join('\n')
}

function round (number) {
  return Math.round(number * 10) / 10
}

function escape (text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
