import UPlot from './uplot.js'
import { element, setText } from './dom.js'
import { short, time, timeOfDay } from './format.js'

/** The values that half of an axis may have, times a power of ten. */
const HALVES = [1, 2, 2.5, 3, 4, 5]

/** A chart: its lines, and the current values as figures. */
export class Chart {
  figure = element('figure', { className: 'panel chart' })
  #chart
  #span
  #plot
  #drawing = element('div', { className: 'drawing', role: 'img' })
  #when = element('span', { className: 'when' })
  #figures = new Map()
  #colors
  #reading = false

  /** `span`: the seconds that the chart shows. `onRead` is called with the index under the pointer, or null. */
  constructor (chart, span, onRead) {
    this.#chart = chart
    this.#span = span
    this.figure.append(this.#caption(), this.#drawing)
    this.recolor()
    this.#plot = new UPlot(this.#options(onRead), this.#drawn.reduce(data => [...data, []], [[]]), this.#drawing)
    new ResizeObserver(([{ contentRect: { width, height } }]) => { this.#plot.setSize({ width, height }) }).observe(this.#drawing)
  }

  draw (times, samples) {
    this.#plot.setData([times, ...this.#drawn.map(line => values(line, samples))])
    const last = samples.at(-1)
    if (!this.#reading) this.read(last, false)
    const { title, unit, format, lines: [{ of }] } = this.#chart
    const greatest = samples.reduce((most, sample) => Math.max(most, sample[of] ?? 0), 0)
    this.#drawing.setAttribute('aria-label', `${title}: ${format(last[of])} ${unit} now, maximum ${format(greatest)} in the last 10 minutes`)
  }

  /** Shows the values of a sample, and its time if it is a past one. */
  read (sample, past) {
    this.#reading = past
    setText(this.#when, past ? time(sample.time) : '')
    for (const [of, figure] of this.#figures) setText(figure, sample?.[of] === undefined ? '–' : this.#chart.format(sample[of]))
  }

  recolor () {
    const style = getComputedStyle(document.documentElement)
    this.#colors = name => style.getPropertyValue(name).trim()
    this.#plot?.redraw(false)
  }

  get #drawn () {
    return this.#chart.lines.filter(({ color }) => color !== undefined)
  }

  #caption () {
    const { title, unit, lines: [first, ...others] } = this.#chart
    const caption = element('figcaption')
    const heading = element('div', { className: 'heading' })
    heading.append(element('h2', { text: title }), this.#when)
    const figures = element('div', { className: 'figures' })
    figures.append(this.#figure(first.of, 'strong'), element('span', { className: 'unit', text: unit }))
    if (this.#drawn.length > 1) figures.lastChild.prepend(swatch(first.color))
    for (const { of, name, color } of others) {
      const other = element('span', { className: 'other' })
      if (color !== undefined) other.append(swatch(color))
      other.append(this.#figure(of, 'span'), ` ${name}`)
      figures.append(other)
    }
    caption.append(heading, figures)
    return caption
  }

  #figure (of, name) {
    const figure = element(name, { text: '–' })
    this.#figures.set(of, figure)
    return figure
  }

  #options (onRead) {
    const color = name => () => this.#colors(name)
    const font = `11px ${getComputedStyle(document.body).fontFamily}`
    return {
      width: 300,
      height: 100,
      padding: [8, 4, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 }, sync: { key: 'charts' } },
      scales: {
        x: { range: (_plot, _first, last) => [last - this.#span, last] },
        y: { range: (_plot, _least, greatest) => [0, this.#chart.most ?? roundUp(greatest ?? 0)] }
      },
      axes: [
        { stroke: color('--muted'), font, size: 20, gap: 3, space: 56, grid: { show: false }, ticks: { show: false }, incrs: [60, 120, 300], values: (plot, splits) => splits.map(split => fits(plot, split) ? timeOfDay(split * 1000) : '') },
        { stroke: color('--muted'), font, size: 42, gap: 6, grid: { stroke: color('--line'), width: 1 }, ticks: { show: false }, splits: (_plot, _axis, least, greatest) => [least, greatest / 2, greatest], values: (_plot, splits) => splits.map(this.#chart.most === undefined ? short : this.#chart.format) }
      ],
      series: [{}, ...this.#drawn.map((line, index) => ({
        stroke: color(line.color),
        ...(index === 0 && { fill: color('--chart-fill') }),
        width: 1.5,
        points: { show: false }
      }))],
      hooks: { setCursor: [({ cursor: { idx, left } }) => { onRead(left < 0 ? null : idx ?? null) }] }
    }
  }
}

/** Whether a label below this time fits, or would be cut off at the right. */
function fits (plot, time) {
  return plot.valToPos(time, 'x') < plot.over.clientWidth - 14
}

/** The values of one line. If the line is `seldom`, zeros are omitted, except next to larger values. */
function values ({ of, seldom = false }, samples) {
  const all = samples.map(sample => sample[of] ?? null)
  return seldom ? all.map((value, index) => value || all[index - 1] || all[index + 1] ? value : null) : all
}

/** Chooses the end of the axis, so that the numbers at its top and middle are round. */
function roundUp (greatest) {
  const magnitude = 10 ** Math.floor(Math.log10(Math.max(greatest / 2, 1)))
  const half = HALVES.find(half => half * magnitude * 2 >= greatest) ?? 10
  return half * magnitude * 2
}

function swatch (color) {
  const swatch = element('i', { className: 'swatch' })
  swatch.style.backgroundColor = `var(${color})`
  return swatch
}
