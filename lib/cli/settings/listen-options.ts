import type { GivenListenOptions } from '../../fastify/listen-target.js'
import { UsageError } from '../exit.js'
import type { InForce } from './in-force.js'

/** One address to listen on: the settings that select it, and the options for listen(). */
interface Place { by: string[], options: GivenListenOptions }

/** The sources of a setting, in the order of precedence. */
const KINDS = ['flag', 'variable', 'file']

/** The options for listen(). @throws UsageError if the settings select two addresses */
export function listenOptions (settings: InForce): GivenListenOptions {
  const places = allPlaces(settings)
  const said = saidNames(settings, places)
  const [taken, ...others] = placesOf(places, said)
  if (others.length > 0) throw new UsageError(`only one of --port, --socket and --fd can be given, got ${said.map(name => settings.spell(name)).join(' and ')}`)
  return (taken as Place).options
}

/** The settings of addresses that are not used. */
export function idlePlaces (settings: InForce): string[] {
  const places = allPlaces(settings)
  const taken = placesOf(places, saidNames(settings, places))
  return places.filter(place => !taken.includes(place)).flatMap(({ by }) => by)
}

function allPlaces (settings: InForce): Place[] {
  return [
    { by: ['fd'], options: { fd: settings.value('fd') } },
    { by: ['socket'], options: { path: settings.value('socket') } },
    { by: ['port', 'address'], options: { port: settings.value('port'), host: settings.value('address') } }
  ] as Place[]
}

/**
 * The settings of the source with the highest precedence that selects an address: the command line, then the
 * environment, then a config file. By default, the port.
 */
function saidNames (settings: InForce, places: Place[]): string[] {
  const names = places.flatMap(({ by }) => by).filter(name => !isAmbient(settings, name))
  const said = KINDS.map(kind => names.filter(name => settings.source(name).kind === kind))
  return said.find(({ length }) => length > 0) ?? ['port']
}

function placesOf (places: Place[], names: string[]): Place[] {
  return places.filter(({ by }) => by.some(name => names.includes(name)))
}

/** PORT in the environment counts as a default, because it may be set for any program that is started there. */
function isAmbient (settings: InForce, name: string): boolean {
  const source = settings.source(name)
  return source.kind === 'variable' && source.name === 'PORT'
}
