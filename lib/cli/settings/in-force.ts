import type { Command } from 'commander'
import type { CommandConfig, SharedPortOptions } from '../../../types/index.js'
import type { ConfigFile } from './config-file.js'
import { variable, variableOf } from './environment.js'
import { type Activation, NO_ACTIVATION } from '../../platform/socket-activation.js'
import { UsageError } from '../exit.js'
import { nameOf } from './flags.js'
import { isOption, type Setting, settings } from './settings.js'

/** The settings that say where to listen. */
const PLACES = ['listen', 'fd', 'socket', 'port', 'address']

/** Where a value comes from. */
export type Source = { readonly kind: 'argument' | 'default' } | { readonly kind: 'flag' | 'variable' | 'file', readonly name: string }

export interface Found { readonly value: unknown, readonly source: Source }

/** The settings, where those with a default are never undefined. */
type Filled = CommandConfig & Required<Pick<CommandConfig, 'port' | 'address' | 'options' | 'watch' | 'logLevel' | 'prettyLogs' | 'pluginTimeout' | 'inspectWorker'>>

/**
 * The resulting settings. The command line takes precedence over the environment, the environment over a
 * config file, and the config file over the defaults.
 */
export class InForce {
  /** What the service manager has passed. Where nothing else says where to listen, it does. */
  readonly activation: Activation
  readonly #found: Map<string, Found>

  /**
   * @throws UsageError for a switch in the environment whose value is not true or false, and for invalid
   * variables of socket activation
   */
  constructor (command: Command, app: string | undefined, file?: ConfigFile, activation = NO_ACTIVATION) {
    this.#found = new Map(settings.map(setting => [setting.name, find(setting, command, app, file)]))
    this.activation = activation
    const { descriptors, invalid } = activation
    if (invalid !== undefined) throw new UsageError(invalid)
    if (descriptors.length === 0 || PLACES.some(name => this.isGiven(name) && !this.isAmbient(name))) return
    this.#found.set('listen', { value: descriptors.map(({ fd }) => `fd:${fd}`), source: { kind: 'variable', name: 'LISTEN_FDS' } })
  }

  value<K extends keyof Filled> (name: K): Filled[K] {
    return this.found(name).value as Filled[K]
  }

  source (name: string): Source {
    return this.found(name).source
  }

  found (name: string): Found {
    return this.#found.get(name) as Found
  }

  isGiven (name: string): boolean {
    return this.source(name).kind !== 'default'
  }

  /** PORT in the environment counts as a default, because it may be set for any program that is started there. */
  isAmbient (name: string): boolean {
    const source = this.source(name)
    return source.kind === 'variable' && source.name === 'PORT'
  }

  /** The value with its name, if it was set explicitly; otherwise an empty object. */
  given<K extends keyof Filled> (name: K): Pick<CommandConfig, K> {
    return (this.isGiven(name) ? { [name]: this.value(name) } : {}) as Pick<CommandConfig, K>
  }

  /** How the user wrote the setting, for messages; its flag if it was not set explicitly. */
  spell (name: string): string {
    if (!this.#found.has(name)) return this.spell(name.replace(/\.\w+$/, '')) // a part of a nested setting
    const source = this.source(name)
    if (source.kind === 'file') return `'${name}' in ${source.name}`
    if (source.kind === 'flag' || source.kind === 'variable') return source.name
    const flags = settings.find(setting => setting.name === name)?.flags
    return flags === undefined ? `'${name}'` : nameOf(flags)
  }

  /**
   * The explicitly set options of the plugin, which fills in its defaults itself. Without `admin`, which may
   * be set as a whole and in parts.
   */
  options (): SharedPortOptions {
    const options: Record<string, unknown> = {}
    for (const { name } of settings.filter(isOption)) if (this.isGiven(name) && !/^admin\b/.test(name)) put(options, name.split('.'), this.found(name).value)
    return options
  }
}

function find (setting: Setting, command: Command, app: string | undefined, file: ConfigFile | undefined): Found {
  return (setting.isArgument === true ? ofArgument(app) : ofCommandLine(setting, command)) ??
    ofFile(setting.name, file) ??
    { value: setting.takes.default ?? setting.otherwise?.(), source: { kind: 'default' } }
}

function ofArgument (value: string | undefined): Found | undefined {
  return value === undefined ? undefined : { value, source: { kind: 'argument' } }
}

/** Also reads the environment: commander does that for all options but switches. */
function ofCommandLine ({ flags, takes }: Setting, command: Command): Found | undefined {
  const option = command.options.find(option => option.flags === flags)
  if (option === undefined) return undefined
  const name = option.attributeName()
  const value: unknown = command.getOptionValue(name)
  const source = command.getOptionValueSource(name)
  if (source === 'cli') return { value, source: { kind: 'flag', name: `--${value === false ? 'no-' : ''}${option.name()}` } }
  if (source === 'env') return { value, source: { kind: 'variable', name: option.envVar as string } }
  return takes.type === 'boolean' ? ofSwitch(variableOf(option.name())) : undefined
}

function ofSwitch (name: string): Found | undefined {
  const value = variable(name)
  if (value === undefined) return undefined
  if (value !== 'true' && value !== 'false') throw new UsageError(`${name} must be true or false, got '${value}'`)
  return { value: value === 'true', source: { kind: 'variable', name } }
}

function ofFile (name: string, file: ConfigFile | undefined): Found | undefined {
  if (file === undefined) return undefined
  const value = name.split('.').reduce<unknown>((part, key) => (part as Record<string, unknown> | undefined)?.[key], file.values)
  return value === undefined ? undefined : { value, source: { kind: 'file', name: file.name } }
}

function put (into: Record<string, unknown>, [name, ...rest]: string[], value: unknown): void {
  if (rest.length === 0) into[name as string] = value
  else put((into[name as string] ??= {}) as Record<string, unknown>, rest, value)
}
