import http from 'node:http'
import https from 'node:https'
import type { Duplex } from 'node:stream'
import { ca } from '../clients.js'

let connections = 0

/** An address of this machine that no other connection of this process uses. */
export function nextAddress (): string {
  const number = ++connections
  return `127.${1 + (number >> 16)}.${number >> 8 & 255}.${number & 255}`
}

/** One connection at a time, kept alive for as long as the server allows. */
export interface KeptAlive {
  readonly agent: http.Agent
  /** The local address of a connection. */
  addressOf (socket: Duplex): string
}

export function keptAlive (url: string): KeptAlive {
  const addresses = new WeakMap<Duplex, string>()
  const agent = url.startsWith('https:')
    ? new https.Agent({ keepAlive: true, maxSockets: 1, ca })
    : new http.Agent({ keepAlive: true, maxSockets: 1 })
  const connect = agent.createConnection
  agent.createConnection = (options, ...rest) => {
    const localAddress = nextAddress()
    const socket = connect.call(agent, { ...options, localAddress }, ...rest)
    addresses.set(socket as Duplex, localAddress)
    return socket
  }
  return { agent, addressOf: socket => addresses.get(socket) as string }
}
