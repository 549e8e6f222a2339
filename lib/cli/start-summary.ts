import { isIPv6 } from 'node:net'
import type { SocketName } from '../platform/node-internals.js'

/** Addresses that stand for all of the machine's. */
const WILDCARDS = new Set(['0.0.0.0', '::'])

/** The addresses of `localhost`. */
const LOOPBACKS = new Set(['127.0.0.1', '::1'])

export interface Started {
  /** What the listener is bound to. */
  names: ReadonlyArray<SocketName | string>
  /** Whether the app may speak plain HTTP/1. With TLS, or HTTP/2, the primary does not know its URL. */
  plain: boolean
  workers: number
  /** The URL of the admin server. */
  admin: string | undefined
  /** Whether a person can press Ctrl+C. */
  atTerminal: boolean
}

/** The lines that end the start in readable logs: what a person at the terminal needs next. */
export function startSummary ({ names, plain, workers, admin, atTerminal }: Started): string[] {
  return [
    ...(plain ? urlsOf(names) : []).map(url => `URL: ${url}`),
    `Workers: ${workers}`,
    ...(admin === undefined ? [] : [`Admin page: ${admin.replace(/\/\/(0\.0\.0\.0|\[::\]):/, '//localhost:')}`]),
    atTerminal ? 'Stop: Ctrl+C' : `Stop: kill ${process.pid}`
  ]
}

/** The URLs to open; a Unix socket has none. */
function urlsOf (names: ReadonlyArray<SocketName | string>): string[] {
  const addresses = names.filter(name => typeof name !== 'string')
  const isLocalhost = ({ address, port }: SocketName): boolean => WILDCARDS.has(address) ||
    (LOOPBACKS.has(address) && addresses.some(other => other.port === port && other.address !== address && LOOPBACKS.has(other.address)))
  return [...new Set(addresses.map(name => {
    const { address, port } = name
    return `http://${isLocalhost(name) ? 'localhost' : isIPv6(address) ? `[${address}]` : address}:${port}`
  }))]
}
