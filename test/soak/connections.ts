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
  /** Closes the connection. */
  end (): void
  /** The local address of a connection. */
  addressOf (socket: Duplex): string
}

/** @param closed called when the server has closed a connection without TLS */
export function keptAlive (url: string, closed: (address: string, openedAt: number) => void): KeptAlive {
  const addresses = new WeakMap<Duplex, string>()
  let ended = false
  const agent = url.startsWith('https:')
    ? new https.Agent({ keepAlive: true, maxSockets: 1, ca })
    : new http.Agent({ keepAlive: true, maxSockets: 1 })
  const connect = agent.createConnection
  agent.createConnection = (options, ...rest) => {
    const localAddress = nextAddress()
    const socket = connect.call(agent, { ...options, localAddress }, ...rest)
    addresses.set(socket as Duplex, localAddress)
    const openedAt = performance.now()
    if (url.startsWith('http:')) (socket as Duplex).once('close', () => { if (!ended) closed(localAddress, openedAt) })
    return socket
  }
  return {
    agent,
    addressOf: socket => addresses.get(socket) as string,
    end () {
      ended = true
      agent.destroy()
    }
  }
}
