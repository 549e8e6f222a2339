import { setTimeout as sleep } from 'node:timers/promises'
import { contender } from './contenders/index.js'
import { workloads } from './workloads/index.js'

/** Milliseconds after which one measurement counts as failed. */
const PATIENCE = 300_000

/** The longest run in milliseconds, unless `--rounds` is given: then the last rounds are left out. */
const BUDGET = 23 * 60_000

/**
 * @typedef {object} Outcome
 * @property {Record<string, Record<string, import('./columns.js').Samples>>} samples by workload and contender
 * @property {Record<string, object>} plans the plan of each workload
 * @property {string[]} notes what was left out or failed, and why
 *
 * @param {import('./bench.js').Bench} bench
 * @param {import('./flags.js').Flags} flags
 * @param {(line: string) => void} progress
 * @returns {Promise<Outcome>}
 */
export async function run (bench, flags, progress) {
  const outcome = { samples: {}, plans: {}, notes: [] }
  const parts = workloads
    .filter(({ name }) => flags.only?.includes(name) ?? true)
    .flatMap(workload => prepare(bench, flags, workload, outcome))
  const budget = flags.rounds === undefined ? BUDGET : Infinity
  const startedAt = performance.now()
  const left = () => budget - (performance.now() - startedAt)
  for (let round = 0; round < Math.max(...parts.map(({ plan }) => plan.rounds)); round++) {
    for (const part of parts.filter(({ plan }) => round < plan.rounds)) {
      if (round > 0 && part.took > left()) {
        outcome.notes.push(`${part.workload.title}: round ${round + 1} of ${part.plan.rounds} left out, the run would take too long`)
        continue
      }
      const before = performance.now()
      await runRound(bench, part, round, outcome, progress)
      part.took = performance.now() - before
    }
  }
  return outcome
}

/** The part of a workload that can run here: none, or one. */
function prepare (bench, flags, workload, { samples, plans, notes }) {
  const lacking = workload.lacks?.(bench)
  if (lacking !== undefined) {
    notes.push(`${workload.title}: left out, ${lacking}`)
    return []
  }
  const plan = { ...(flags.quick ? workload.quick : workload.full), ...(flags.rounds !== undefined && { rounds: flags.rounds }) }
  const taking = (flags.contenders ?? plan.contenders ?? workload.contenders)
    .map(contender).filter(contender => canRun(bench, workload, contender, notes))
  samples[workload.name] = Object.fromEntries(taking.map(({ name }) => [name, []]))
  plans[workload.name] = plan
  return [{ workload, plan, taking, took: 0 }]
}

function canRun (bench, workload, { name, title, tls, lacks }, notes) {
  const lacking = lacks(bench) ?? (workload.settings?.tls === true && tls === false ? 'it has no TLS' : undefined) ??
    (workload.contenders.includes(name) ? undefined : 'the workload does not fit it')
  if (lacking === undefined) return true
  notes.push(`${title}: left out of "${workload.title}", ${lacking}`)
  return false
}

/** Each round begins with a different contender, so that changes on the machine are spread over all of them. */
async function runRound (bench, { workload, plan, taking }, round, { samples, notes }, progress) {
  const inTurn = taking.map((_, i) => taking[(i + round) % taking.length])
  if (workload.together === true) await Promise.all(inTurn.map(runOne))
  else for (const contender of inTurn) await runOne(contender)

  async function runOne (contender) {
    progress(`${workload.name}, round ${round + 1} of ${plan.rounds}: ${contender.title}`)
    try {
      samples[workload.name][contender.name][round] = await measure(bench, workload, contender, { ...plan, round })
    } catch (err) {
      samples[workload.name][contender.name][round] = null
      notes.push(`${workload.title}, ${contender.title}: failed in round ${round + 1}: ${err.message}`)
      progress(`failed: ${err.stack}`)
    }
  }
}

async function measure (bench, workload, contender, plan) {
  // It has a row in the table, without figures.
  if (workload.needs !== undefined && contender.commands?.[workload.needs] === undefined) return {}
  const late = new AbortController()
  const patience = sleep(PATIENCE, undefined, { signal: late.signal }).then(() => { throw new Error('it took too long') })
  const running = new Set()
  const start = async settings => {
    const started = await contender.start(bench, settings)
    running.add(started)
    return started
  }
  try {
    return await Promise.race([patience, workload.measureAll === undefined
      ? start(workload.settings).then(async started => await workload.measure(bench, started, plan))
      : workload.measureAll(bench, start, plan)])
  } finally {
    late.abort()
    for (const started of running) await started.stop()
  }
}
