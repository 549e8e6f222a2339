import type { ErrorObject, ValidateFunction } from 'ajv'
import { inspect } from 'node:util'
import type { SharedPortOptions } from '../types/index.js'
import { OptionsDifferError, OptionsError } from './errors.js'
import { schema } from './options-schema.js'
import { validate as compiled } from './options-validator.js'

/** The options with every default filled in; frozen. */
export type Options = Readonly<Required<SharedPortOptions>>

const validate = compiled as ValidateFunction<SharedPortOptions>

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
