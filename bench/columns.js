import { spread } from './statistics.js'

/**
 * @typedef {object} Column
 * @property {string} title
 * @property {(sample: object) => number} each what it says of one sample
 * @property {(samples: object[]) => number} [pooled] what it says of all samples together, where that is not the median of each
 * @property {number} [digits] after the point
 * @property {boolean} [ratio] whether a column follows with its ratio to the baseline's
 *
 * @typedef {Array<object | null>} Samples of one contender, by round; null where it failed
 */

/** The contender that the tables' ratios are to. */
export const BASELINE = 'cluster-rr'

/**
 * @param {Samples} [samples]
 * @param {Column} column
 */
export function cell (samples, { each, pooled }) {
  const real = samples?.filter(sample => sample !== null) ?? []
  const range = spread(real.map(each))
  return range !== undefined && pooled !== undefined ? { ...range, value: pooled(real) } : range
}

/**
 * How many times one contender's figure another's is: by round, so that what slows a whole round
 * cancels out; the median of that, and its range.
 * @param {Samples} [ours]
 * @param {Samples} [theirs]
 * @param {Column} column
 */
export function ratio (ours, theirs, column) {
  if (ours === undefined || theirs === undefined) return undefined
  const { each, pooled } = column
  const range = spread(ours.map((sample, round) =>
    sample === null || (theirs[round] ?? null) === null ? NaN : each(sample) / each(theirs[round])))
  if (range === undefined || pooled === undefined) return range
  return { ...range, value: cell(ours, column).value / cell(theirs, column).value }
}
