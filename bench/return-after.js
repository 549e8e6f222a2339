// What a connection that is returned after a while costs, by the value of returnAfter: node bench/return-after.js 0 100 1000
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBench } from './bench.js'
import { contender } from './contenders/index.js'
import { installDependencies } from './install.js'
import { Processes } from './processes.js'
import { textTable } from './render.js'
import { median, percentile } from './statistics.js'
import { paced } from './workloads/kept-held.js'

/** Values of returnAfter, in milliseconds; 0: never. */
const VALUES = process.argv.length > 2 ? process.argv.slice(2) : ['0', '100', '250', '500', '1000', '2000', '5000']

/** Milliseconds between an answer and the next request of a client. */
const PAUSES = [50, 300, 1500, 3000]

const ROUNDS = 2

installDependencies()
const folder = mkdtempSync(join(tmpdir(), 'bench-'))
const processes = new Processes()
process.on('exit', () => {
  processes.kill()
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
})
for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143]]) process.once(signal, () => { process.exit(code) })

const bench = createBench(processes, folder)
const rows = []
for (const pause of PAUSES) {
  const samples = new Map(VALUES.map(value => [value, []]))
  for (let round = 0; round < ROUNDS; round++) {
    for (const value of VALUES) samples.get(value).push(await measure(value, pause))
  }
  for (const [value, of] of samples) rows.push(row(pause, value, of))
}
console.log(textTable({ head: ['pause ms', 'returnAfter', 'p50 ms', 'p99 ms', 'µs/request, all processes', 'moved, % of requests', 'failed'], rows }))

async function measure (value, pause) {
  console.error(`a request every ${pause} ms, returnAfter ${value}`)
  const running = await contender('native').start(bench, { workers: 2, flags: ['--return-after', value] })
  try {
    return await paced(bench, running, { seconds: 5, pause, warmUp: 15_000 })
  } finally {
    await running.stop()
  }
}

function row (pause, value, samples) {
  const of = figure => median(samples.map(figure))
  return [
    `${pause}`,
    value,
    of(({ ms }) => percentile(ms, 0.5)).toFixed(2),
    of(({ ms }) => percentile(ms, 0.99)).toFixed(2),
    of(({ micros }) => micros).toFixed(0),
    of(({ moved }) => moved).toFixed(1),
    `${of(({ failed }) => failed)}`
  ]
}
