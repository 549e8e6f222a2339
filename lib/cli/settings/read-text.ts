import { InvalidArgumentError } from 'commander'
import type { Part } from '../../options/schema.js'

/**
 * Parses the value of a flag or its variable by the setting's schema. Throws commander's
 * InvalidArgumentError if it is invalid. `says` describes the accepted texts if the schema has a pattern.
 */
export function readText (text: string, { takes, says, previous }: { takes: Part, says?: string | undefined, previous?: unknown }): unknown {
  if (takes.type === 'array' || (takes.type?.includes('array') ?? false)) return [...(previous as string[] | undefined ?? []), nonEmpty(text)]
  if (takes.type === 'integer') return integer(text, takes)
  if (takes.type === 'number') return number(text, takes)
  if (takes.anyOf !== undefined) return either(text, takes.anyOf)
  if ((text === 'true' || text === 'false') && takes.type?.includes('boolean') === true) return text === 'true'
  return takes.pattern === undefined ? text : matching(nonEmpty(text), takes.pattern, says)
}

/** Accepts a constant or an integer. */
function either (text: string, [constant, range]: readonly Part[]): unknown {
  return text === String(constant?.const) ? constant?.const : integer(text, range as Part, `'${String(constant?.const)}' or `)
}

function integer (text: string, { minimum = 0, maximum }: Part, or = ''): number {
  const number = /^\d+$/.test(text) ? Number(text) : NaN
  if (Number.isSafeInteger(number) && number >= minimum && (maximum === undefined || number <= maximum)) return number
  throw new InvalidArgumentError(`It must be ${or}an integer from ${minimum}${maximum === undefined ? '' : ` to ${maximum}`}.`)
}

function number (text: string, { minimum = -Infinity, exclusiveMinimum = -Infinity, maximum = Infinity, description }: Part): number {
  const number = text === '' ? NaN : Number(text)
  if (number >= minimum && number > exclusiveMinimum && number <= maximum) return number
  throw new InvalidArgumentError(`It must be ${description}.`)
}

function matching (text: string, pattern: string, says = 'a text that is not blank'): string {
  if (!new RegExp(pattern, 'u').test(text)) throw new InvalidArgumentError(`It must be ${says}.`)
  return text
}

function nonEmpty (text: string): string {
  if (text === '') throw new InvalidArgumentError('It must not be empty.')
  return text
}
