import type { GivenListenOptions } from '../../fastify/listen-target.js'
import { UsageError } from '../exit.js'
import type { InForce } from './in-force.js'
import { assertFit, readPlaces } from './places.js'
import { MOST_BACKLOG } from './settings.js'

/** A way to say where to listen: the settings that select it, and the options for listen(). */
interface Choice { by: readonly string[], options: (settings: InForce) => GivenListenOptions[] }

const CHOICES: readonly Choice[] = [
  { by: ['listen'], options: settings => readPlaces([settings.value('listen') ?? []].flat(), settings.spell('listen'), settings.activation) },
  { by: ['fd'], options: settings => [{ fd: settings.value('fd') as number }] },
  { by: ['socket'], options: settings => [{ path: settings.value('socket') as string }] },
  { by: ['port', 'address'], options: settings => [{ port: settings.value('port'), host: settings.value('address') }] }
]

/** The sources of a setting, in the order of precedence. */
const KINDS = ['flag', 'variable', 'file']

/**
 * The options for listen(). Several places are one listener.
 * @throws UsageError if the settings select places in two ways, or a place that is none
 */
export function listenOptions (settings: InForce): GivenListenOptions {
  const said = saidNames(settings)
  const [taken, ...more] = choicesOf(said) as [Choice, ...Choice[]]
  if (more.length > 0) throw new UsageError(`only one of --listen, --port, --socket and --fd can be given, got ${said.map(name => settings.spell(name)).join(' and ')}`)
  const places = taken.options(settings)
  assertFit(places, settings.activation)
  const [first, ...others] = places.map(place => withBacklog(place, settings)) as [GivenListenOptions, ...GivenListenOptions[]]
  return { ...first, ...(others.length > 0 && { others }) }
}

/** All places that the options name. */
export function allPlaces ({ others = [], ...first }: GivenListenOptions): GivenListenOptions[] {
  return [first, ...others]
}

/** The settings of addresses that are not used. */
export function idlePlaces (settings: InForce): string[] {
  const taken = choicesOf(saidNames(settings))
  return CHOICES.filter(choice => !taken.includes(choice)).flatMap(({ by }) => by)
}

/**
 * An inherited descriptor listens already, with the queue that its owner has asked for (Backlog= of a systemd
 * unit), which listen(2) sets anew. So it gets the longest one, unless a length was given.
 */
function withBacklog (place: GivenListenOptions, settings: InForce): GivenListenOptions {
  const backlog = settings.value('backlog') ?? (place.fd === undefined ? undefined : MOST_BACKLOG)
  return { ...place, ...(backlog !== undefined && { backlog }) }
}

/**
 * The settings of the source with the highest precedence that selects an address: the command line, then the
 * environment, then a config file. By default, the port.
 */
function saidNames (settings: InForce): string[] {
  const names = CHOICES.flatMap(({ by }) => by).filter(name => !settings.isAmbient(name))
  const said = KINDS.map(kind => names.filter(name => settings.source(name).kind === kind))
  return said.find(({ length }) => length > 0) ?? ['port']
}

function choicesOf (names: string[]): Choice[] {
  return CHOICES.filter(({ by }) => by.some(name => names.includes(name)))
}
