// Starts the primary that is written in C (bench/floor.c), and the workers that it sends to.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { loadAddon } from '../../../dist/lane/addon.js'
import { announce } from './announce.js'

const { BENCH_FLOOR, BENCH_PORT, BENCH_WORKERS } = process.env

const addon = loadAddon()
const lanes = Array.from({ length: Number(BENCH_WORKERS) }, startWorker)
const primary = spawn(BENCH_FLOOR, [BENCH_PORT, BENCH_WORKERS], { stdio: ['ignore', 'inherit', 'inherit', ...lanes] })
primary.once('exit', () => { process.exit(1) })
announce('primary', primary.pid)

/** Returns the primary's end of the lane. The worker's end, its row and a return lane that nobody reads have the descriptors that lib/lane/native/receiver.ts expects. */
function startWorker () {
  const [mine, theirs] = addon.pair()
  const script = fileURLToPath(new URL('floor-worker.js', import.meta.url))
  spawn(process.execPath, [script], { stdio: ['ignore', 'inherit', 'inherit', 'ignore', theirs, addon.createRow(), 'ignore'] })
  return mine
}
