import type { ValidateFunction } from 'ajv'
import type { CommandConfig } from '../../../types/index.js'
import { explain } from '../../options/options.js'
import { nearest } from '../../options/suggest.js'
import { validate as compiled } from '#validators/config-file'
import { UsageError } from '../exit.js'
import { fileSchema, REFUSED, settings } from './settings.js'

const validate = compiled as ValidateFunction<CommandConfig>

/** @throws UsageError, which lists every invalid key in the config file with its value and the accepted values */
export function checked (values: unknown, file: string): CommandConfig {
  if (validate(values)) return values
  throw new UsageError([`${file} is invalid:`, ...explain(validate.errors ?? [], fileSchema, { spell, unknown })].join('\n  '))
}

function spell (name: string): string {
  return name === '' ? 'its value' : `'${name}'`
}

function unknown (name: string, taken: string[]): string {
  if (Object.hasOwn(REFUSED, name)) return `'${name}' is not accepted here: ${REFUSED[name]}`
  const meant = nearest(name, settings.filter(other => other.notInFile !== true).map(other => other.name))
  return `unknown setting '${name}'${meant === undefined ? `: the settings are ${taken.join(', ')}` : `: did you mean '${meant}'?`}`
}
