import type { LaneName } from '../types/index.js'
import type { Lane, Receiver } from './lane/interface.js'
import { ipcLane, receiveIpc } from './lane/ipc.js'
import type { Channel } from './protocol.js'

export type { Ack, Acceptor, AcceptEvents, Admission, Connection, Frame, Lane, Receiver, Wire } from './lane/interface.js'

/** The primary's side of the lane that was asked for. */
export function openLane (asked: LaneName | 'auto'): Lane {
  return lanes[asked === 'auto' ? 'ipc' : asked]
}

/** Starts the worker's side: from here on, `receiver` is asked for each connection. */
export function receiveConnections (lane: LaneName, channel: Channel, receiver: Receiver, primaryLives: () => boolean): void {
  receivers[lane](channel, receiver, primaryLives)
}

const lanes = { ipc: ipcLane }
const receivers = { ipc: receiveIpc }
