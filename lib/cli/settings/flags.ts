import { Option } from 'commander'
import type { Part } from '../../options/schema.js'
import { variable, variableOf } from './environment.js'
import { UsageError } from '../exit.js'
import { readText } from './read-text.js'
import { type Setting, settings } from './settings.js'

/** The settings that have flags, as commander options. */
export function createOptions (): Option[] {
  return settings.flatMap(({ flags, off, ...setting }) => flags === undefined ? [] : [createOption(setting, flags), ...(off === undefined ? [] : [createOff(flags, off)])])
}

/** Options that select a running primary. */
export function whichOptions (): Option[] {
  return [
    new Option('--name <name>', 'the primary with this name, which start gave it').argParser(text => readText(text, { takes: { pattern: '.' } })),
    new Option('--pid <pid>', 'the primary with this process id').argParser(integer({ minimum: 1 })),
    new Option('--port <port>', 'the primary that listens on this port').argParser(integer({ minimum: 1, maximum: 65_535 })),
    withVariable(new Option('--control <path>', 'the primary with this control socket').argParser(text => readText(text, { takes: { pattern: '.' } })))
  ]
}

export function integer (range: Pick<Part, 'minimum' | 'maximum'>): (text: string) => number {
  return text => readText(text, { takes: { type: 'integer', ...range } }) as number
}

/** The long form of a flag, as it is typed. */
export function nameOf (flags: string): string {
  return new Option(flags).long as string
}

/**
 * The option takes its value from the environment if the command line has none. Switches have no value, and
 * are read elsewhere.
 */
function createOption ({ description, takes, says, variable: other }: Omit<Setting, 'flags'>, flags: string): Option {
  const option = new Option(flags, description)
  if (takes.type === 'boolean') return option
  const choices = choicesOf(takes)
  if (choices !== undefined) option.choices(choices)
  else option.argParser((text, previous) => takes.writeOnly === true ? readSecret(flags, text, { takes, says }) : readText(text, { takes, says, previous }))
  if (takes.default !== undefined && !option.description.includes('(default')) option.default(takes.default)
  return withVariable(option, other)
}

/** Reads a secret. Unlike commander, it does not print an invalid value. */
function readSecret (flags: string, text: string, { takes, says = 'another value' }: Pick<Setting, 'takes' | 'says'>): unknown {
  try {
    return readText(text, { takes })
  } catch {
    throw new UsageError(`${nameOf(flags)} must be ${says}, got '***'`)
  }
}

/** @param other a variable that applies if the option's own variable is not set */
function withVariable (option: Option, other?: string): Option {
  const named = [variableOf(option.name()), other].find(name => name !== undefined && variable(name) !== undefined)
  return named === undefined ? option : option.env(named)
}

function createOff (flags: string, description: string): Option {
  return new Option(`--no-${new Option(flags).name()}`, description)
}

/** The accepted names. Functions are accepted elsewhere, but not on a command line. */
function choicesOf ({ enum: names, anyOf = [] }: Part): readonly string[] | undefined {
  return names ?? anyOf.find(({ enum: names }) => names !== undefined)?.enum
}
