import { parseArgs } from 'node:util'
import { LANES } from '../helper.js'

export const USAGE = `npm run soak -- [options]

  --seconds <n>     how long clients and faults go on, all lanes together (default 300)
  --lane <lane>     ${LANES.join(' or ')}; default: both, one after the other
  --seed <n>        the same seed makes the same random choices`

export interface Flags {
  help: boolean
  seconds: number
  seed: number
  lanes: ReadonlyArray<typeof LANES[number]>
}

/** @throws if a flag or its value is not known */
export function readFlags (args: string[]): Flags {
  const { values: { help, seconds, seed, lane } } = parseArgs({
    args,
    options: {
      seconds: { type: 'string', default: '300' },
      lane: { type: 'string' },
      seed: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false }
    }
  })
  const lanes = LANES.filter(name => lane === undefined || name === lane)
  if (lanes.length === 0) throw new RangeError(`--lane got '${lane}'; it takes ${LANES.join(' or ')}`)
  return {
    help,
    lanes,
    seconds: integer('seconds', seconds),
    seed: seed === undefined ? Date.now() % 2 ** 31 : integer('seed', seed)
  }
}

function integer (flag: string, text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new RangeError(`--${flag} got '${text}'; it takes an integer`)
  return Number(text)
}
