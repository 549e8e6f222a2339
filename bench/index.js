// The comparison: npm run bench. README.md says what it measures, and how.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createBench } from './bench.js'
import { chart } from './chart.js'
import { readFlags, USAGE } from './flags.js'
import { installDependencies } from './install.js'
import { describeMachine } from './machine.js'
import { Processes } from './processes.js'
import { toMarkdown, toText } from './render.js'
import { report } from './report.js'
import { run } from './run.js'
import { workloads } from './workloads/index.js'

const here = path => fileURLToPath(new URL(path, import.meta.url))
const SAMPLES = here('out/samples.json')

try {
  const flags = readFlags(process.argv.slice(2))
  if (flags.help) console.log(USAGE)
  else write(flags.report ? JSON.parse(readFileSync(SAMPLES, 'utf8')) : await measure(flags))
} catch (err) {
  console.error(err.code?.startsWith('ERR_PARSE_ARGS') ? `${err.message}\n\n${USAGE}` : err)
  process.exitCode = 1
}

/** @returns {Promise<import('./report.js').Run>} */
async function measure (flags) {
  if (process.platform !== 'linux') throw new Error('the comparison reads /proc: it runs on Linux only')
  installDependencies()
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  const processes = endingWithThisOne(folder)
  const bench = createBench(processes, folder)
  const machine = describeMachine(bench)
  const startedAt = performance.now()
  const seconds = () => (performance.now() - startedAt) / 1000
  const outcome = await run(bench, flags, line => { console.error(`${seconds().toFixed(0).padStart(4)} s  ${line}`) })
  return {
    ...outcome,
    machine,
    minutes: seconds() / 60,
    whole: !flags.quick && flags.only === undefined && flags.contenders === undefined,
    abouts: Object.fromEntries(workloads.filter(({ name }) => name in outcome.plans).map(({ name, about }) => [name, about(bench, outcome.plans[name])]))
  }
}

/** Programs that are started through these do not outlive this process, unless it is killed with SIGKILL. */
function endingWithThisOne (folder) {
  const processes = new Processes()
  process.on('exit', () => {
    processes.kill()
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  })
  for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129]]) {
    process.once(signal, () => { process.exit(code) })
  }
  return processes
}

/** @param {import('./report.js').Run} run */
function write (run) {
  const result = report(run)
  const folder = run.whole ? here('.') : here('out')
  mkdirSync(here('out'), { recursive: true })
  writeFileSync(SAMPLES, JSON.stringify(run))
  const isOldest = run.machine.Node.startsWith('v20.') // the oldest version that is supported has results of its own
  const [text, picture] = isOldest ? ['RESULTS-node-20.md', 'results-node-20.svg'] : ['RESULTS.md', 'results.svg']
  writeFileSync(join(folder, text), toMarkdown(result, run, picture))
  writeFileSync(join(folder, picture), chart(run.samples))
  console.log(toText(result, run))
  console.error(`written: ${join(folder, text)}, ${join(folder, picture)}`)
  if (run.notes.some(note => note.includes(': failed in round '))) process.exitCode = 1
}
