import { parseArgs } from 'node:util'
import { contenders } from './contenders/index.js'
import { workloads } from './workloads/index.js'

export const USAGE = `npm run bench -- [options]

  --quick               once, and briefly: for work on the harness, not for figures
  --only <a,b>          these workloads: ${names(workloads)}
  --contenders <a,b>    these contenders: ${names(contenders)}
  --rounds <n>          so many rounds of each workload
  --report              writes the report of the last run again, without measuring

A whole run writes bench/RESULTS.md and bench/results.svg; any other one bench/out/.`

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
 * @throws where they are none of these
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
  if (unknown !== undefined) throw new Error(`--${flag} takes ${names(known)}, got '${unknown}'`)
  return given
}

function count (flag, value) {
  if (value === undefined) return undefined
  if (/^[1-9]\d?$/.test(value)) return Number(value)
  throw new Error(`--${flag} takes an integer from 1 to 99, got '${value}'`)
}

function names (known) {
  return known.map(({ name }) => name).join(', ')
}
