import type { ErrorObject, ValidateFunction } from 'ajv'
import { inspect, isDeepStrictEqual } from 'node:util'
import type { ReloadOptions, SharedPortOptions } from '../types/index.js'
import { OptionsDifferError, OptionsError } from './errors.js'
import { schema } from './options-schema.js'
import { validate as compiled } from './options-validator.js'

/** The options with every default filled in; frozen. */
export type Options = Readonly<Required<SharedPortOptions> & { reload: Required<ReloadOptions> }>

const validate = compiled as ValidateFunction<SharedPortOptions>

/**
 * The options in force: what was given, over the defaults. The caller's object stays as it is.
 * @throws SHARED_PORT_ERR_OPTIONS that names every option that is wrong, what it got and what it takes
 */
export function readOptions (given: unknown): Options {
  if (given !== undefined && (typeof given !== 'object' || given === null)) {
    throw new OptionsError(`options must be an object, got ${inspect(given)}`)
  }
  const options = copy(given as SharedPortOptions | undefined ?? {})
  if (!validate(options)) throw new OptionsError(explain(validate.errors ?? []))
  return Object.freeze(options as Options)
}

/** @throws SHARED_PORT_ERR_OPTIONS_DIFFER when two instances in one process ask for different things */
export function assertSameOptions (first: Options, second: Options): void {
  for (const name of Object.keys(first) as Array<keyof Options>) {
    if (!isDeepStrictEqual(first[name], second[name])) {
      throw new OptionsDifferError(name, inspect(second[name]), inspect(first[name]))
    }
  }
}

/** Without what is undefined, so that the defaults come in; the objects in it are copies too. */
function copy<T extends object> (options: T): T {
  return Object.fromEntries(Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, isPlain(value) ? copy(value) : value])) as T
}

function isPlain (value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

/** A part of the schema, as far as errors are explained by it. */
interface Described { description?: string, properties?: Record<string, Described> }

function explain (errors: ErrorObject[]): string {
  const sentences = new Set(errors.map(({ keyword, params, instancePath, data }) => {
    const path = instancePath.split('/').slice(1)
    const { description, properties } = path.reduce<Described>((part, name) => part.properties?.[name] ?? {}, schema)
    if (keyword !== 'additionalProperties') return `option '${path.join('.')}' must be ${description}, got ${inspect(data)}`
    const unknown = [...path, params['additionalProperty']].join('.')
    return `unknown option '${unknown}': the options are ${Object.keys(properties ?? {}).map(name => [...path, name].join('.')).join(', ')}`
  }))
  return [...sentences].join('; ')
}
