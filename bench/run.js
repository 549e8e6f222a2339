import { setTimeout as sleep } from 'node:timers/promises'
import { contender } from './contenders/index.js'
import { workloads } from './workloads/index.js'

/** Milliseconds after which one measurement counts as failed. */
const PATIENCE = 180_000

/**
 * @typedef {object} Outcome
 * @property {Record<string, Record<string, import('./columns.js').Samples>>} samples by workload and contender
 * @property {Record<string, object>} plans what was asked of each workload
 * @property {string[]} notes what was left out or failed, and why
 *
 * @param {import('./bench.js').Bench} bench
 * @param {import('./flags.js').Flags} flags
 * @param {(line: string) => void} progress
 * @returns {Promise<Outcome>}
 */
export async function run (bench, flags, progress) {
  const outcome = { samples: {}, plans: {}, notes: [] }
  for (const workload of workloads) {
    if (flags.only !== undefined && !flags.only.includes(workload.name)) continue
    const lacking = workload.lacks?.(bench)
    if (lacking === undefined) await runWorkload(bench, flags, workload, outcome, progress)
    else outcome.notes.push(`${workload.title}: left out, ${lacking}`)
  }
  return outcome
}

/** In rounds, each of which begins with another contender: what changes on the machine meanwhile is spread over all. */
async function runWorkload (bench, flags, workload, outcome, progress) {
  const plan = { ...(flags.quick ? workload.quick : workload.full), ...(flags.rounds !== undefined && { rounds: flags.rounds }) }
  const taking = flags.contenders ?? plan.contenders ?? workload.contenders
  const here = taking.map(contender).filter(contender => canRun(bench, workload, contender, outcome.notes))
  const samples = Object.fromEntries(here.map(({ name }) => [name, []]))
  outcome.samples[workload.name] = samples
  outcome.plans[workload.name] = plan
  for (let round = 0; round < plan.rounds; round++) {
    for (let i = 0; i < here.length; i++) {
      const contender = here[(i + round) % here.length]
      progress(`${workload.name}, round ${round + 1} of ${plan.rounds}: ${contender.title}`)
      try {
        samples[contender.name][round] = await measure(bench, workload, contender, { ...plan, round })
      } catch (err) {
        outcome.notes.push(`${workload.title}, ${contender.title}: failed in round ${round + 1}: ${err.message}`)
        progress(`failed: ${err.stack}`)
      }
    }
  }
}

function canRun (bench, workload, { name, title, tls, lacks }, notes) {
  const lacking = lacks(bench) ?? (workload.settings?.tls === true && tls === false ? 'it has no TLS' : undefined) ??
    (workload.contenders.includes(name) ? undefined : 'the workload does not fit it')
  if (lacking === undefined) return true
  const note = `${title}: left out of "${workload.title}", ${lacking}`
  if (!notes.includes(note)) notes.push(note)
  return false
}

async function measure (bench, workload, contender, plan) {
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
