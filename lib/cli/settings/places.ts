import { isIPv4, isIPv6 } from 'node:net'
import { resolve } from 'node:path'
import type { GivenListenOptions } from '../../fastify/listen-target.js'
import { listens } from '../../lane.js'
import { flawOf } from '../../platform/handed-over.js'
import { successorMark } from '../../platform/role.js'
import type { Activation } from '../../platform/socket-activation.js'
import { UsageError } from '../exit.js'
import { defaultAddress } from './default-address.js'

const MOST_PORT = 65_535

/** The largest int: descriptors are ints. */
export const MOST_FD = 2 ** 31 - 1

const UNIX = 'unix:'
const FD = 'fd:'

/** What `listen` accepts. */
const FORMS = 'a port (3000), an address and a port (127.0.0.1:3000, [::1]:3000, localhost:3000), unix:PATH, fd:NUMBER, or fd:NAME with a name of LISTEN_FDNAMES'

/**
 * Parses the places of `listen`. A name of several descriptors stands for all of them.
 * @param by the setting, as it was given, for messages
 * @throws UsageError for a place that is none, that is there twice, or whose descriptors cannot be listened on
 */
export function readPlaces (given: readonly string[], by: string, activation: Activation): GivenListenOptions[] {
  const places: GivenListenOptions[] = []
  for (const text of given) {
    for (const place of readPlace(text, by, activation)) {
      if (place.port !== 0 && places.some(other => isSame(other, place))) throw new UsageError(`${by} has the same place twice: ${text}`)
      places.push(place)
    }
  }
  return places.map(place => ({ ...place, ...(sharesPort(place, places) && { ipv6Only: true }) }))
}

function readPlace (text: string, by: string, activation: Activation): GivenListenOptions[] {
  const refuse = (why: string): never => { throw new UsageError(`${by} takes ${FORMS}; got '${text}'${why}`) }
  if (text.startsWith(UNIX)) return text === UNIX ? refuse('') : [{ path: text.slice(UNIX.length) }]
  if (text.startsWith(FD)) return readDescriptors(text.slice(FD.length), by, activation) ?? refuse('')
  const [, host, port = ''] = /^(?:(\[[^\]]*\]|[^:[\]/]*):)?(\d+)$/.exec(text) ?? []
  if (port === '') return refuse(text.includes('/') && !text.includes('://') ? `: did you mean ${UNIX}${text}?` : '')
  if (host === '') return refuse(`: did you mean ${port}, or [::]${text} for all addresses?`)
  if (Number(port) > MOST_PORT) return refuse(`: the largest port is ${MOST_PORT}`)
  const address = host?.replace(/^\[(.*)\]$/, '$1')
  if (host !== address && !isIPv6(address as string)) return refuse(': only an IPv6 address has brackets')
  return [{ port: Number(port), host: address ?? defaultAddress() }]
}

/** Digits are always a number: systemd's names are hardly ever digits only, and those can be renamed. */
function readDescriptors (text: string, by: string, { descriptors, ignored }: Activation): GivenListenOptions[] | undefined {
  if (text === '') return undefined
  if (/^\d+$/.test(text)) return Number(text) > MOST_FD ? undefined : [{ fd: Number(text) }]
  const found = descriptors.filter(({ name }) => name === text)
  if (found.length === 0) {
    const names = [...new Set(descriptors.map(({ name }) => name))].join(', ')
    const why = names !== '' ? `the names are: ${names}` : `no descriptors were passed to this process${ignored === undefined ? '' : ` (${ignored})`}`
    throw new UsageError(`${by} names the descriptor '${text}', which is not in LISTEN_FDNAMES: ${why}`)
  }
  return found.map(({ fd }) => ({ fd }))
}

/**
 * Checks descriptors that the service manager says are sockets.
 * @throws UsageError for one that nobody can connect to
 */
export function assertFit (places: readonly GivenListenOptions[], { descriptors }: Activation): void {
  if (successorMark !== undefined) return // a successor's descriptors have other numbers, and the predecessor listens on them
  for (const { fd, name } of descriptors) {
    if (!places.some(place => place.fd === fd)) continue
    const flaw = flawOf(fd) ?? (listens(fd) === false ? 'it does not listen' : undefined)
    if (flaw !== undefined) throw new UsageError(`descriptor ${fd} of LISTEN_FDS (${name}) is not a listening socket: ${flaw}`)
  }
}

/** Whether a place of `listen` is a Unix socket. */
export function isUnix (place: string | undefined): boolean {
  return place?.startsWith(UNIX) ?? false
}

/** The place with an absolute path, if it has a path. */
export function inFolder (folder: string, place: string): string {
  return isUnix(place) ? UNIX + resolve(folder, place.slice(UNIX.length)) : place
}

function isSame (a: GivenListenOptions, b: GivenListenOptions): boolean {
  return a.port === b.port && a.host === b.host && a.path === b.path && a.fd === b.fd
}

/**
 * Whether `[::]` and an IPv4 address have the same port. Then `[::]` is for IPv6 only: otherwise it has all
 * addresses of both families, and the port would be in use.
 */
function sharesPort ({ host, port }: GivenListenOptions, places: readonly GivenListenOptions[]): boolean {
  return host === '::' && port !== 0 && places.some(other => other.port === port && isIPv4(other.host ?? ''))
}
