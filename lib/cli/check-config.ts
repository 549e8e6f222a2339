import type { ValidateFunction } from 'ajv'
import type { CommandConfig } from '../../types/index.js'
import { explain } from '../options.js'
import { validate as compiled } from '#validators/config-file'
import { UsageError } from './exit.js'
import { fileSchema, REFUSED, settings } from './settings.js'

const validate = compiled as ValidateFunction<CommandConfig>

/** How many letters a name may be off to be taken for another. */
const MOST_SLIPS = 2

/** @throws UsageError that names everything in the config file that is wrong, what it is and what is taken */
export function checked (values: unknown, file: string): CommandConfig {
  if (validate(values)) return values
  throw new UsageError([`${file} is not as it should be:`, ...explain(validate.errors ?? [], fileSchema, { spell, unknown })].join('\n  '))
}

function spell (name: string): string {
  return name === '' ? 'what it exports' : `'${name}'`
}

function unknown (name: string, taken: string[]): string {
  if (Object.hasOwn(REFUSED, name)) return `'${name}' is not taken here: ${REFUSED[name]}`
  const meant = settings.find(other => other.notInFile !== true && isClose(simple(other.name), simple(name)))?.name
  return `unknown '${name}'${meant === undefined ? `: there are ${taken.join(', ')}` : `: did you mean '${meant}'?`}`
}

/** 'max-pending', 'MAX_PENDING' and 'maxPending' are one; so are a flag's name and what is nested. */
function simple (name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '')
}

/** Whether few letters have to be put in, left out or changed to make one of the other (Levenshtein's distance). */
function isClose (a: string, b: string): boolean {
  let row = Array.from({ length: b.length + 1 }, (_, place) => place)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(changed, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return (row[b.length] as number) <= Math.min(MOST_SLIPS, Math.floor(a.length / 3))
}
