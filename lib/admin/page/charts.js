import { Chart } from './chart.js'
import { byId } from './dom.js'
import { percent, rate } from './format.js'

/** The seconds that the charts show. */
const SPAN = 600

/** If two samples are further apart than these milliseconds, some are missing, and the line has a gap. */
const GAP = 3000

/**
 * The charts with their lines. `of` is a name in a sample. `color` is a custom property of page.css; a line
 * without one is shown as a figure only. `seldom`: the value is usually zero.
 */
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
    lines: [{ of: 'connections', color: '--chart' }, { of: 'open', name: 'open' }, { of: 'held', name: 'held' }]
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

/** The charts of the last 10 minutes. Pointing at one of them shows the values of that time in all. */
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

  /** Replaces all samples. */
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

  /** `index`: the sample under the pointer, or null. */
  #read (index) {
    const sample = this.#samples[index ?? this.#samples.length - 1]
    for (const chart of this.#charts) chart.read(sample, index !== null)
  }
}
