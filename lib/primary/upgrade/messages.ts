import type { LaneName } from '../../../types/index.js'
import type { SocketName } from '../../platform/node-internals.js'
import type { Counted } from '../insight/totals.js'

// What a primary gives to the one that takes its place: in a variable of its environment, so that it can
// serve even if this one dies; over inherited descriptors; and in messages on Node's IPC channel.

/** A listening socket of this process. */
export interface OpenSocket {
  /** The name of its listener. */
  key: string
  /** What listen() was called with. */
  asked: string
  name: SocketName | string
  /** The file of a Unix socket that this process has made, and has to remove. */
  file?: string
  fd: number
}

/** The same in the successor, whose descriptor has another number. */
export type GivenSocket = OpenSocket

/** The listening socket of the admin server, and where it was told to listen. */
export interface AdminSocket { host: string, port: number, fd: number }

/** What a successor finds in its environment. */
export interface Legacy {
  predecessor: number
  sockets: GivenSocket[]
  admin?: AdminSocket
  /** The configured path of its control socket. */
  control?: string
  lane: LaneName
  /** The descriptors over which connections are handed over. */
  handover: number[]
}

export type ToSuccessor =
  /** The answer to `hello`: the keys of TLS session tickets. */
  | { type: 'keys', ticketKeys: readonly string[] }
  /** The answer to `ready`: the successor is the server from now on. */
  | { type: 'go' }
  /** The counters of the predecessor: after `go`, and once more at its end. */
  | { type: 'counted', counted: Counted }

export type ToPredecessor =
  /** The first message. */
  | { type: 'hello' }
  /** All workers are ready: it waits for `go`. */
  | { type: 'ready', lane: LaneName }
  /** It cannot take over, and exits. */
  | { type: 'gave-up', reason: string }
