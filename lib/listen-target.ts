import type { ListenOptions } from 'node:net'
import { inspect } from 'node:util'
import { ListenOptionsError } from './errors.js'

/** What listen() was asked for: one of `fd`, `path` and `port`, and what goes with it. */
export interface ListenTarget {
  fd?: number
  path?: string
  /** Unix socket: whether everybody may read from and write to it. */
  readableAll: boolean
  writableAll: boolean
  port: number
  host?: string
  ipv6Only: boolean
  /** How many connections the kernel holds that are not accepted yet. */
  backlog: number
}

/** Node's own default, `backlog || 511` in lib/net.js. */
const DEFAULT_BACKLOG = 511

/** The options with which Fastify calls server.listen(). */
export type GivenListenOptions = ListenOptions & { fd?: number }

/**
 * Reads what `server.listen(options)` takes, by its rules: `fd` comes before `port` before `path`.
 * @throws SHARED_PORT_ERR_LISTEN_OPTIONS
 * @throws ERR_SOCKET_BAD_PORT
 */
export function readListenTarget (given: GivenListenOptions): ListenTarget {
  const { fd, port, path, host, backlog, ipv6Only = false, readableAll = false, writableAll = false } = given
  const target = { port: 0, ipv6Only, readableAll, writableAll, backlog: backlog || DEFAULT_BACKLOG }
  if (typeof fd === 'number' && fd >= 0) return { ...target, fd }
  if (port !== undefined && port !== null) return { ...target, port: readPort(port), ...(host && { host }) }
  if (typeof path === 'string' && path !== '') return { ...target, path }
  if ('port' in given) return { ...target, ...(host && { host }) }
  throw new ListenOptionsError(inspect(given))
}

/** Numbers the keys of one process: the same calls of listen() in the same order have the same keys in all of them. */
export class KeyNames {
  readonly #given = new Map<string, number>()

  next ({ fd, path, host, port }: ListenTarget): string {
    const name = fd !== undefined ? `fd:${fd}` : path ?? `${host ?? '*'}:${port}`
    const number = (this.#given.get(name) ?? 0) + 1
    this.#given.set(name, number)
    return number === 1 ? name : `${name}#${number}`
  }
}

function readPort (port: unknown): number {
  const number = typeof port === 'string' && port.trim() !== '' ? Number(port) : port
  if (typeof number === 'number' && Number.isInteger(number) && number >= 0 && number < 65536) return number
  // Node's own words and code, from validatePort
  throw Object.assign(
    new RangeError(`options.port should be >= 0 and < 65536. Received ${inspect(port)}.`),
    { code: 'ERR_SOCKET_BAD_PORT' })
}
