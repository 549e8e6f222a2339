import { fileURLToPath } from 'node:url'
import { now } from '../client.js'
import { runTool } from './run-tool.js'

/** The number of processes: one has too few descriptors, and one address has too few ports. */
const FLOODERS = 2

/** Seconds in which the last answers have to arrive. */
const LAST = 15

/** Milliseconds for the processes to start. */
const START = 500

const flooder = fileURLToPath(new URL('flooder.js', import.meta.url))

/**
 * @typedef {object} Flood how its connections ended
 * @property {number[]} ms the times of those that were answered 200, from connect to the last byte
 * @property {number} shed answered 503
 * @property {number} cut refused, reset, or ended without a whole answer
 * @property {number} unconnected given up before they were connected
 * @property {number} unanswered connected, and given up without an answer
 * @property {number} withheld never opened: too many were open, the system had no more, or there was no time
 *
 * Opens a connection for each request, `perSecond` of them (Poisson).
 * @param {import('../bench.js').Bench} bench
 * @param {{ port: number }} server
 * @param {{ path: string, perSecond: number, seconds: number, seed: number }} options
 * @returns {{ endsAt: number, done: Promise<Flood> }} endsAt: when the last one is opened, on the clock of client.js
 */
export function flood (bench, { port }, { path, perSecond, seconds, seed }) {
  const startAt = now() + START
  const flooders = Array.from({ length: FLOODERS }, async (_, i) => {
    const options = { port, path, from: `127.0.0.${i + 2}`, startAt, seconds, perSecond: perSecond / FLOODERS, seed: seed * FLOODERS + i }
    const { stdout } = await runTool(bench, process.execPath, [flooder, JSON.stringify(options)], seconds + LAST)
    return JSON.parse(stdout)
  })
  return { endsAt: startAt + seconds * 1000, done: Promise.all(flooders).then(merge) }
}

function merge (floods) {
  return floods.reduce((all, flood) => Object.fromEntries(Object.entries(flood).map(([key, value]) =>
    [key, Array.isArray(value) ? [...all[key], ...value] : all[key] + value])))
}
