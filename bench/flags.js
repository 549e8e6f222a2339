import { parseArgs } from 'node:util'
import { contenders } from './contenders/index.js'
import { workloads } from './workloads/index.js'

export const USAGE = `npm run bench -- [options]

  --quick               one short round: for work on the harness, not for figures
  --only <a,b>          run only these workloads: ${names(workloads)}
  --contenders <a,b>    run only these contenders: ${names(contenders)}
  --rounds <n>          run this many rounds of each workload
  --report              write the report of the last run again, without measuring

A complete run writes bench/RESULTS.md and bench/results.svg (on Node 20, with
-node-20 in their names). Any other writes to bench/out/.`

/**
 * @typedef {object} Flags
 * @property {boolean} quick
 * @property {boolean} report
 * @property {boolean} help
 * @property {string[]} [only]
 * @property {string[]} [contenders]
 * @property {number} [rounds]
 *
 * @param {string[]} args
 * @returns {Flags}
 * @throws if a flag or its value is not known
 */
export function readFlags (args) {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      report: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
      only: { type: 'string' },
      contenders: { type: 'string' },
      rounds: { type: 'string' }
    }
  })
  return {
    ...values,
    only: list('only', values.only, workloads),
    contenders: list('contenders', values.contenders, contenders),
    rounds: count('rounds', values.rounds)
  }
}

function list (flag, value, known) {
  const given = value?.split(',')
  const unknown = given?.find(name => !known.some(({ name: other }) => other === name))
  if (unknown !== undefined) throw new Error(`--${flag} got '${unknown}'; it takes ${names(known)}`)
  return given
}

function count (flag, value) {
  if (value === undefined) return undefined
  if (/^[1-9]\d?$/.test(value)) return Number(value)
  throw new Error(`--${flag} got '${value}'; it takes an integer from 1 to 99`)
}

function names (known) {
  return known.map(({ name }) => name).join(', ')
}
