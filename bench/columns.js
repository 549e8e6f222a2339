import { spread } from './statistics.js'

/**
 * @typedef {object} Column
 * @property {string} title
 * @property {(sample: object) => number} each its figure for one sample
 * @property {(samples: object[]) => number} [pooled] its figure for all samples together, if that is not the median
 * @property {number} [digits] decimals
 * @property {boolean} [ratio] whether a column with the ratio to the baseline follows
 *
 * @typedef {Array<object | null>} Samples of one contender, by round; null if it failed
 */

/** The contender that the ratios in the tables compare with. */
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
 * The ratio of one contender's figure to another's. It is computed by round, so that anything that slows
 * a whole round cancels out. Returns the median and the range.
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
