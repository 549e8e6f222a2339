import type { GivenListenOptions } from '../../fastify/listen-target.js'
import { UsageError } from '../exit.js'
import type { InForce } from './in-force.js'

/** One place to listen on: the settings that say it, and what they come to. */
interface Place { by: string[], options: GivenListenOptions }

/** Who says it comes before the next. */
const KINDS = ['flag', 'variable', 'file']

/** Where to listen. @throws UsageError where two places are said */
export function listenOptions (settings: InForce): GivenListenOptions {
  const places = allPlaces(settings)
  const said = saidNames(settings, places)
  const [taken, ...others] = placesOf(places, said)
  if (others.length > 0) throw new UsageError(`an app listens on one of --port, --socket and --fd, got ${said.map(name => settings.spell(name)).join(' and ')}`)
  return (taken as Place).options
}

/** The settings of places that are not listened on. */
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

/** The settings by which the command line says where, else the environment, else a config file; else the port. */
function saidNames (settings: InForce, places: Place[]): string[] {
  const names = places.flatMap(({ by }) => by).filter(name => !isAmbient(settings, name))
  const said = KINDS.map(kind => names.filter(name => settings.source(name).kind === kind))
  return said.find(({ length }) => length > 0) ?? ['port']
}

function placesOf (places: Place[], names: string[]): Place[] {
  return places.filter(({ by }) => by.some(name => names.includes(name)))
}

/** A PORT in the environment is a default like ours: it stands there for whatever is started. */
function isAmbient (settings: InForce, name: string): boolean {
  const source = settings.source(name)
  return source.kind === 'variable' && source.name === 'PORT'
}
