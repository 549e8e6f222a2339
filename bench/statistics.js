/** @typedef {{ value: number, low: number, high: number }} Spread A median and the range around it. */

/** @param {number[]} values */
export function median (values) {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/**
 * By nearest rank: one of the measured values, never one between two.
 * @param {number[]} values
 * @param {number} share 0 to 1
 */
export function percentile (values, share) {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]
}

/**
 * @param {number[]} values
 * @returns {Spread | undefined} undefined if there are no values
 */
export function spread (values) {
  const real = values.filter(Number.isFinite)
  if (real.length === 0) return undefined
  return { value: median(real), low: Math.min(...real), high: Math.max(...real) }
}

/**
 * Random numbers from 0 to 1, always the same for the same seed (mulberry32).
 * @param {number} seed
 */
export function randomFrom (seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6D2B79F5) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ mixed >>> 15, mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ mixed >>> 7, mixed | 61)
    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32
  }
}

/**
 * Poisson arrivals: milliseconds from the start, in order.
 * @param {{ perSecond: number, seconds: number, random: () => number }} options
 */
export function poisson ({ perSecond, seconds, random }) {
  const arrivals = []
  for (let at = 0; ;) {
    at += -Math.log(1 - random()) / perSecond * 1000
    if (at >= seconds * 1000) return arrivals
    arrivals.push(at)
  }
}
