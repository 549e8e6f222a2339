import { BASELINE, cell, ratio } from './columns.js'
import { contender } from './contenders/index.js'
import { judge } from './goals.js'
import { workloads } from './workloads/index.js'

/**
 * @typedef {object} Table
 * @property {string} [title]
 * @property {string[]} head
 * @property {string[][]} rows
 *
 * @typedef {object} Section
 * @property {string} title
 * @property {string} about
 * @property {Table[]} tables
 *
 * @typedef {import('./run.js').Outcome & { machine: Record<string, string>, minutes: number, whole: boolean, abouts: Record<string, string> }} Run
 */

/**
 * @param {Run} run
 * @returns {{ sections: Section[], goals: Table }}
 */
export function report ({ samples, abouts }) {
  const sections = workloads.filter(({ name }) => samples[name] !== undefined).map(workload => ({
    title: workload.title,
    about: abouts[workload.name],
    tables: (workload.tables ?? [workload]).map(({ title, columns, without }) => ({
      ...(workload.tables !== undefined && { title }),
      ...table(samples[workload.name], columns, without)
    }))
  }))
  return { sections, goals: goalsTable(samples) }
}

/** The figures of each contender, and their ratios to the baseline. */
function table (samples, columns, without = []) {
  const baseline = samples[BASELINE]
  const compared = column => column.ratio === true && baseline !== undefined
  const taking = Object.entries(samples).filter(([name]) => !without.includes(name))
  // A quick run may not have measured it for any contender: then there is no column.
  const shown = columns.filter(column => taking.some(([, samples]) => cell(samples, column) !== undefined))
  return {
    head: ['', ...shown.flatMap(column => [column.title, ...(compared(column) ? [`× ${contender(BASELINE).title.replace('node:cluster ', '')}`] : [])])],
    rows: taking.map(([name, samples]) => [
      contender(name).title,
      ...shown.flatMap(column => [
        format(cell(samples, column), column.digits ?? 0),
        ...(compared(column) ? [format(ratio(samples, baseline, column), 2)] : [])
      ])
    ])
  }
}

function goalsTable (samples) {
  return {
    head: ['', 'goal', 'measured', ''],
    rows: judge(samples).map(({ what, atLeast, atMost, figure, verdict }) =>
      [what, aim(atLeast, atMost), format(figure, atMost === 0 ? 0 : 2), verdict])
  }
}

function aim (atLeast, atMost) {
  if (atMost === 0) return '0'
  if (atLeast !== undefined && atMost !== undefined) return `${atLeast} to ${atMost}`
  return atLeast === undefined ? `<= ${atMost}` : `>= ${atLeast}`
}

/** The median, and the range of the rounds if there is one. */
function format (range, digits) {
  if (range === undefined || !Number.isFinite(range.value)) return '–'
  const text = number => number.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
  const [value, low, high] = [range.value, range.low, range.high].map(text)
  return low === high ? value : `${value} (${low}–${high})`
}
