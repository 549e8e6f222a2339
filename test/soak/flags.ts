import { parseArgs } from 'node:util'
import { LANES } from '../helper.js'

export const USAGE = `npm run soak -- [options]

  --seconds <n>     how long clients and faults go on, all lanes together; 300 unless said
  --lane <lane>     ${LANES.join(' or ')}; both, one after the other, unless said
  --seed <n>        what is random is the same for the same seed`

export interface Flags {
  help: boolean
  seconds: number
  seed: number
  lanes: ReadonlyArray<typeof LANES[number]>
}

/** @throws where they are none of these */
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
  if (lanes.length === 0) throw new RangeError(`--lane takes ${LANES.join(' or ')}, got '${lane}'`)
  return {
    help,
    lanes,
    seconds: integer('seconds', seconds),
    seed: seed === undefined ? Date.now() % 2 ** 31 : integer('seed', seed)
  }
}

function integer (flag: string, text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new RangeError(`--${flag} takes an integer, got '${text}'`)
  return Number(text)
}
