import type { ErrorObject, ValidateFunction } from 'ajv'
import bytes from 'bytes'
import { inspect, isDeepStrictEqual } from 'node:util'
import type { AdminOptions, MaxRestarts, RecycleOptions, ReloadOptions, SharedPortOptions } from '../../types/index.js'
import { OptionsDifferError, OptionsError } from '../errors.js'
import { type Part, schema, veiled } from './schema.js'
import { nearest } from './suggest.js'
import { validate as compiled } from '#validators/options'

/** Options without a default: they stay undefined when they are left out. */
type WithoutDefault = 'readyCheck' | 'user' | 'group' | 'socketMode' | 'onWorkerStart' | 'onWorkerExit' | 'maxConnectionsPerWorker'

/** The limits at which a worker is recycled. `rss` is in bytes. */
export type RecycleLimits = Omit<RecycleOptions, 'rss' | 'jitter'> & { rss?: number, jitter: number }

/** How many crashes are allowed, and in what time. */
export type RestartLimits = MaxRestarts & { within: number }

/** Where the admin server listens. */
export type AdminTarget = AdminOptions & { host: string, hosts: string[] }

interface Nested { reload: Required<ReloadOptions>, recycle: RecycleLimits, maxRestarts: RestartLimits, socketMode?: number, admin?: AdminTarget }

/** All options, with defaults filled in, and sizes and modes as numbers. Frozen. */
export type Options = Readonly<Required<Omit<SharedPortOptions, WithoutDefault | keyof Nested>> & Pick<SharedPortOptions, WithoutDefault> & Nested>

const MOST_PORT = schema.properties.admin.maximum

const validate = compiled as ValidateFunction<SharedPortOptions>

/** Options that each app may set differently. All others are the same for the whole process. */
const OF_THE_APP: ReadonlySet<string> = new Set<keyof Options>(['readyCheck'])

/** Formats the name of an option in an error message. */
export type Spell = (name: string) => string

const asOption: Spell = name => `option '${name}'`

/**
 * Validates the options and fills in the defaults. The caller's object is not changed.
 * @throws SHARED_PORT_ERR_OPTIONS, which lists every invalid option with the value that was given and the
 * values that are accepted
 */
export function readOptions (given: unknown, spell = asOption): Options {
  if (given !== undefined && (typeof given !== 'object' || given === null)) {
    throw new OptionsError(`options must be an object, got ${inspect(given)}`)
  }
  const options = copy(given as SharedPortOptions | undefined ?? {})
  assertNotIdle(options, spell)
  if (!validate(options)) throw new OptionsError(explain(validate.errors ?? [], schema, { spell }).join('; '))
  return Object.freeze(withAdmin(withNumbers(options, spell), spell))
}

/** Rejects settings that would have no effect. Runs before the defaults are filled in. */
function assertNotIdle ({ maxRestarts }: SharedPortOptions, spell: Spell): void {
  if (maxRestarts?.within !== undefined && maxRestarts.count === undefined) {
    throw new OptionsError(`${spell('maxRestarts.within')} needs ${spell('maxRestarts.count')}, which is not given; got ${inspect(maxRestarts.within)}`)
  }
}

/** Converts texts to numbers, in place: `options` is already a copy. */
function withNumbers (options: SharedPortOptions, spell: Spell): Options {
  const { recycle = {}, socketMode } = options
  if (typeof recycle.rss === 'string') {
    const size = bytes.parse(recycle.rss)
    if (size === null || size < 1) throw new OptionsError(`${spell('recycle.rss')} must be ${schema.properties.recycle.properties.rss.description}, got ${inspect(recycle.rss)}`)
    recycle.rss = size
  }
  if (typeof socketMode === 'string') options.socketMode = parseInt(socketMode, 8)
  return options as Options
}

/** Converts a port or a text to an {@link AdminTarget}, in place too. */
function withAdmin (options: Options, spell: Spell): Options {
  const { admin } = options as SharedPortOptions
  if (admin === undefined) return options
  const { host, port, ...rest } = typeof admin === 'object' ? admin : { ...splitAddress(String(admin)) }
  if (port > MOST_PORT) throw new OptionsError(`${spell('admin')} must be ${schema.properties.admin.description}, got ${inspect(veiled(admin, schema.properties.admin))}`)
  return Object.assign(options, { admin: { hosts: [], ...rest, host: host ?? '127.0.0.1', port } })
}

/** Splits '127.0.0.1:9000', '[::1]:9000', 'name:9000', ':9000' or '9000' into host and port. */
export function splitAddress (text: string): { host?: string, port: number } {
  const end = text.lastIndexOf(':')
  const host = text.slice(0, Math.max(0, end)).replace(/^\[(.*)\]$/, '$1')
  return { ...(host !== '' && { host }), port: Number(text.slice(end + 1)) }
}

/** @throws SHARED_PORT_ERR_OPTIONS_DIFFER if two instances in one process have different options */
export function assertSameOptions (first: Options, second: Options): void {
  for (const name of Object.keys({ ...first, ...second }) as Array<keyof Options>) {
    if (!OF_THE_APP.has(name) && !isDeepStrictEqual(first[name], second[name])) {
      const [asked, before] = [second, first].map(options => inspect(veiled(options[name], (schema.properties as Record<string, Part>)[name] ?? {}))) as [string, string]
      throw new OptionsDifferError(name, asked, before)
    }
  }
}

/** Copies the options, nested objects included, without undefined values, so that the defaults replace them. */
function copy<T extends object> (options: T): T {
  return Object.fromEntries(Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, isPlain(value) ? copy(value) : value])) as T
}

function isPlain (value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

/** Describes each validation error in a sentence. `unknown` makes the sentence for an unknown key. */
export function explain (errors: ErrorObject[], schema: Part, { spell = asOption, unknown = isUnknown }: { spell?: Spell, unknown?: typeof isUnknown } = {}): string[] {
  return [...new Set(errors.map(({ keyword, params, instancePath, data }) => {
    const path = instancePath.split('/').slice(1)
    const part = path.reduce<Part>((part, name) => part.properties?.[name] ?? part.items ?? {}, schema)
    const { description, properties } = part
    if (keyword !== 'additionalProperties') return `${spell(path.join('.'))} must be ${description}, got ${inspect(veiled(data, part))}`
    const [name, ...taken] = [params['additionalProperty'], ...Object.keys(properties ?? {})].map(name => [...path, name].join('.')) as [string, ...string[]]
    return unknown(name, taken)
  }))]
}

function isUnknown (name: string, taken: string[]): string {
  const meant = nearest(name, taken)
  return `unknown option '${name}': ${meant === undefined ? `the options are ${taken.join(', ')}` : `did you mean '${meant}'?`}`
}
