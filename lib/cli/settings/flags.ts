import { Option } from 'commander'
import type { Part } from '../../options/schema.js'
import { variable, variableOf } from './environment.js'
import { UsageError } from '../exit.js'
import { readText } from './read-text.js'
import { type Setting, settings } from './settings.js'

/** The settings that are flags, as commander takes them. */
export function createOptions (): Option[] {
  return settings.flatMap(({ flags, off, ...setting }) => flags === undefined ? [] : [createOption(setting, flags), ...(off === undefined ? [] : [createOff(flags, off)])])
}

/** By which a command finds the primary that is meant. */
export function whichOptions (): Option[] {
  return [
    new Option('--pid <pid>', 'the one with this process id').argParser(integer({ minimum: 1 })),
    new Option('--port <port>', 'the one that listens at this port').argParser(integer({ minimum: 1, maximum: 65_535 })),
    withVariable(new Option('--control <path>', 'the one with this control socket').argParser(text => readText(text, { takes: { pattern: '.' } })))
  ]
}

export function integer (range: Pick<Part, 'minimum' | 'maximum'>): (text: string) => number {
  return text => readText(text, { takes: { type: 'integer', ...range } }) as number
}

/** The flag's name, as one writes it. */
export function nameOf (flags: string): string {
  return new Option(flags).long as string
}

/** It takes the value that the environment has for it, where the command line has none. What is a switch is neither here. */
function createOption ({ description, takes, says, variable: other }: Omit<Setting, 'flags'>, flags: string): Option {
  const option = new Option(flags, description)
  if (takes.type === 'boolean') return option
  const choices = choicesOf(takes)
  if (choices !== undefined) option.choices(choices)
  else option.argParser((text, previous) => takes.writeOnly === true ? readSecret(flags, text, { takes, says }) : readText(text, { takes, says, previous }))
  if (takes.default !== undefined && !option.description.includes('(default')) option.default(takes.default)
  return withVariable(option, other)
}

/** What cannot be is not shown, as commander would. */
function readSecret (flags: string, text: string, { takes, says = 'another text' }: Pick<Setting, 'takes' | 'says'>): unknown {
  try {
    return readText(text, { takes })
  } catch {
    throw new UsageError(`${nameOf(flags)} must be ${says}, got '***'`)
  }
}

/** @param other a variable that counts where the option's own is not set */
function withVariable (option: Option, other?: string): Option {
  const named = [variableOf(option.name()), other].find(name => name !== undefined && variable(name) !== undefined)
  return named === undefined ? option : option.env(named)
}

function createOff (flags: string, description: string): Option {
  return new Option(`--no-${new Option(flags).name()}`, description)
}

/** The names that it takes, functions aside: there are none on a command line. */
function choicesOf ({ enum: names, anyOf = [] }: Part): readonly string[] | undefined {
  return names ?? anyOf.find(({ enum: names }) => names !== undefined)?.enum
}
