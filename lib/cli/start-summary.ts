import { isIPv6 } from 'node:net'
import type { SocketName } from '../platform/node-internals.js'

/** Addresses that stand for all of the machine's. */
const WILDCARDS = new Set(['0.0.0.0', '::'])

export interface Started {
  /** What the port is bound to. */
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
  const url = plain ? urlOf(names) : undefined
  return [
    ...(url === undefined ? [] : [`URL: ${url}`]),
    `Workers: ${workers}`,
    ...(admin === undefined ? [] : [`Admin page: ${admin.replace(/\/\/(0\.0\.0\.0|\[::\]):/, '//localhost:')}`]),
    atTerminal ? 'Stop: Ctrl+C' : `Stop: kill ${process.pid}`
  ]
}

/** A URL to open; a Unix socket has none. */
function urlOf ([name, ...others]: ReadonlyArray<SocketName | string>): string | undefined {
  if (name === undefined || typeof name === 'string') return undefined
  const { address, port } = name
  // Several addresses are those of `localhost`: one for IPv4 and one for IPv6.
  const host = others.length > 0 || WILDCARDS.has(address) ? 'localhost' : isIPv6(address) ? `[${address}]` : address
  return `http://${host}:${port}`
}
