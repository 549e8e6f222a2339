import { Chart } from './chart.js'
import { byId } from './dom.js'
import { percent, rate } from './format.js'

/** Seconds that the charts show. */
const SPAN = 600

/** Milliseconds between two samples that leave a gap in the line: some are missing. */
const GAP = 3000

/** Each with its lines, by their names in a sample. `color` is a custom property of page.css; what has none is told as a figure only. `seldom`: it is zero as a rule. */
const shown = [
  {
    title: 'Requests',
    unit: 'per second',
    format: rate,
    lines: [{ of: 'requests', color: '--chart' }]
  },
  {
    title: 'Connections',
    unit: 'handed off per second',
    format: rate,
    lines: [{ of: 'connections', color: '--chart' }, { of: 'open', name: 'open' }]
  },
  {
    title: 'Pending',
    unit: 'connections',
    format: rate,
    lines: [{ of: 'pending', color: '--chart' }, { of: 'shed', name: 'shed/s', color: '--chart-alarm', seldom: true }]
  },
  {
    title: 'Event loop',
    unit: 'utilization, mean',
    format: percent,
    most: 1,
    lines: [{ of: 'utilization', color: '--chart' }, { of: 'busiest', name: 'busiest', color: '--chart-second' }]
  }
]

/** What was sampled in the last 10 minutes. A pointer over one chart reads all of them at that time. */
export class Charts {
  #samples = []
  #charts

  constructor () {
    this.#charts = shown.map(chart => new Chart(chart, SPAN, index => { this.#read(index) }))
    byId('charts').append(...this.#charts.map(({ figure }) => figure))
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      for (const chart of this.#charts) chart.recolor()
    })
  }

  /** Instead of everything that was there. */
  replace (samples) {
    this.#samples = []
    for (const sample of samples) this.#push(sample)
    this.#draw()
  }

  add (sample) {
    this.#push(sample)
    this.#draw()
  }

  #push (sample) {
    const last = this.#samples.at(-1)
    if (last !== undefined && sample.time <= last.time) return
    if (last !== undefined && sample.time - last.time > GAP) this.#samples.push({ time: last.time + 1 })
    this.#samples.push(sample)
    while (this.#samples[0].time < sample.time - SPAN * 1000) this.#samples.shift()
  }

  #draw () {
    if (this.#samples.length === 0) return
    const times = this.#samples.map(({ time }) => time / 1000)
    for (const chart of this.#charts) chart.draw(times, this.#samples)
  }

  /** `index`: what the pointer is over, null when it is nowhere. */
  #read (index) {
    const sample = this.#samples[index ?? this.#samples.length - 1]
    for (const chart of this.#charts) chart.read(sample, index !== null)
  }
}
