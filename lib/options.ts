import { Ajv, type ErrorObject } from 'ajv'
import { inspect } from 'node:util'
import type { SharedPortOptions } from '../types/index.js'
import { OptionsDifferError, OptionsError } from './errors.js'

/** The options with every default filled in; frozen. */
export type Options = Readonly<Required<SharedPortOptions>>

/** More workers than any machine has CPUs for, and few enough that a slip of the hand stays harmless. */
export const MOST_WORKERS = 1024

/** The longest delay that a Node timer takes, in milliseconds. */
export const LONGEST_DELAY = 2 ** 31 - 1

/** Milliseconds beyond grace after which a process that should have ended is made to. */
export const END_DELAY = 1_000

/** So that a timer takes the two together. */
export const LONGEST_GRACE = LONGEST_DELAY - END_DELAY

// `description` completes the sentence "option 'x' must be ...".
const schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    workers: {
      anyOf: [{ const: 'auto' }, { type: 'integer', minimum: 0, maximum: MOST_WORKERS }],
      default: 'auto',
      description: `'auto' or an integer from 0 to ${MOST_WORKERS}`
    },
    grace: {
      type: 'integer',
      minimum: 0,
      maximum: LONGEST_GRACE,
      default: 10_000,
      description: `an integer from 0 to ${LONGEST_GRACE} (milliseconds)`
    },
    signals: { type: 'boolean', default: true, description: 'true or false' },
    lane: { enum: ['auto', 'native', 'ipc'], default: 'auto', description: "'auto', 'native' or 'ipc'" },
    takeBackAfter: {
      type: 'integer',
      minimum: 0,
      maximum: LONGEST_DELAY,
      default: 2,
      description: `an integer from 0 to ${LONGEST_DELAY} (milliseconds, 0 for never)`
    },
    policy: { enum: ['round-robin'], default: 'round-robin', description: "'round-robin'" }
  }
} as const

const validate = new Ajv({ allErrors: true, useDefaults: true, verbose: true }).compile(schema)

/**
 * The options in force: what was given, over the defaults. The caller's object stays as it is.
 * @throws SHARED_PORT_ERR_OPTIONS that names every option that is wrong, what it got and what it takes
 */
export function readOptions (given: unknown): Options {
  if (given !== undefined && (typeof given !== 'object' || given === null)) {
    throw new OptionsError(`options must be an object, got ${inspect(given)}`)
  }
  const options = { ...given as SharedPortOptions }
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) delete options[name as keyof SharedPortOptions]
  }
  if (!validate(options)) throw new OptionsError(explain(validate.errors ?? []))
  return Object.freeze(options as Required<SharedPortOptions>)
}

/** @throws SHARED_PORT_ERR_OPTIONS_DIFFER when two instances in one process ask for different things */
export function assertSameOptions (first: Options, second: Options): void {
  for (const name of Object.keys(first) as Array<keyof Options>) {
    if (first[name] !== second[name]) {
      throw new OptionsDifferError(name, inspect(second[name]), inspect(first[name]))
    }
  }
}

function explain (errors: ErrorObject[]): string {
  const sentences = new Set(errors.map(error => {
    if (error.keyword === 'additionalProperties') {
      const known = Object.keys(schema.properties).join(', ')
      return `unknown option '${error.params.additionalProperty}': the options are ${known}`
    }
    const name = error.instancePath.slice(1) as keyof typeof schema.properties
    return `option '${name}' must be ${schema.properties[name].description}, got ${inspect(error.data)}`
  }))
  return [...sentences].join('; ')
}
