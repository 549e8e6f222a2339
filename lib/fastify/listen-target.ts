import net, { type ListenOptions } from 'node:net'
import { inspect } from 'node:util'

/** The address that listen() was called with: one of `fd`, `path` and `port`, with its options. */
export interface ListenTarget {
  /** More addresses of the same listener. Only the command has them. */
  others?: readonly ListenTarget[]
  fd?: number
  path?: string
  /** Unix socket only: whether all users may read from it. */
  readableAll: boolean
  writableAll: boolean
  port: number
  host?: string
  ipv6Only: boolean
  /** Whether other processes may bind the same port (Node 23.1 and later). */
  reusePort: boolean
  /** The length of the kernel's queue of connections that are not accepted yet. */
  backlog: number
}

/** Node's default: `backlog || 511` in lib/net.js. */
const DEFAULT_BACKLOG = 511

/** The options with which Fastify calls server.listen(). It passes on `others`, which is the command's own. */
export type GivenListenOptions = ListenOptions & { fd?: number, reusePort?: boolean, others?: readonly GivenListenOptions[] }

/**
 * Reads the arguments of `server.listen(options)` by Node's rules: `fd` takes precedence over `port`, and
 * `port` over `path`.
 * @throws the errors of Node for anything else: ERR_SOCKET_BAD_PORT, ERR_INVALID_ARG_VALUE
 */
export function readListenTarget (given: GivenListenOptions): ListenTarget {
  const { others = [] } = given
  return { ...readOne(given), ...(others.length > 0 && { others: others.map(readOne) }) }
}

function readOne (given: GivenListenOptions): ListenTarget {
  const { fd, port, path, host, backlog, ipv6Only = false, reusePort = false, readableAll = false, writableAll = false } = given
  const target = { port: 0, ipv6Only, reusePort, readableAll, writableAll, backlog: backlog || DEFAULT_BACKLOG }
  if (typeof fd === 'number' && fd >= 0) return { ...target, fd }
  if (port !== undefined && port !== null) return { ...target, port: readPort(port, given), ...(host && { host }) }
  if (typeof path === 'string' && path !== '') return { ...target, path }
  if ('port' in given) return { ...target, ...(host && { host }) }
  return refuse(given)
}

/**
 * Names the keys of one process, so that the same calls of listen() get the same names in all processes.
 * Several calls may ask for a port that the kernel chooses. Those are told apart by the position of their
 * app among the apps that use the plugin, since the order of the calls may differ between processes.
 */
export class KeyNames {
  readonly #given = new Map<string, number>()

  next (target: ListenTarget, place: number): string {
    const name = describe(target, place)
    const number = (this.#given.get(name) ?? 0) + 1
    this.#given.set(name, number)
    return number === 1 ? name : `${name}#${number}`
  }
}

/** With several addresses, the first one and the number of others, because a key's length is limited. */
function describe ({ others = [], ...first }: ListenTarget, place: number): string {
  return others.length === 0 ? describeOne(first, place) : `${describeOne(first, place)} and ${others.length} more`
}

/** What listen() was called with, as one text. Other options than the address do not count. */
export function placeOf (target: ListenTarget): string {
  return describeOne(target, 0)
}

function describeOne ({ fd, path, host, port }: ListenTarget, place: number): string {
  if (fd !== undefined) return `fd:${fd}`
  if (path !== undefined) return path
  return `${host ?? '*'}:${port}${port === 0 && place > 0 ? `@${place + 1}` : ''}`
}

function readPort (port: unknown, given: GivenListenOptions): number {
  const number = typeof port === 'string' && port.trim() !== '' ? Number(port) : port
  if (typeof number === 'number' && Number.isInteger(number) && number >= 0 && number < 65536) return number
  return refuse(given)
}

/** Lets Node report what is wrong with the arguments. Node checks them before it binds anything. */
function refuse (given: GivenListenOptions): never {
  net.createServer().listen(given).close()
  throw new TypeError(`cannot listen on ${inspect(given)}`)
}
