import type { LaneName } from '../types/index.js'
import { LaneUnavailableError } from './errors.js'
import { type Addon, loadAddon } from './lane/addon.js'
import type { Lane, Receiver } from './lane/interface.js'
import { IpcLane, receiveIpc } from './lane/ipc.js'
import { NativeLane, receiveNative } from './lane/native.js'
import type { Channel } from './protocol.js'
import type { SafeLog } from './fastify/safe-log.js'

export type { Ack, Acceptor, AcceptEvents, Admission, Connection, Frame, Lane, Receiver, Wire, WireEvents } from './lane/interface.js'

/**
 * The primary's side of the lane that was asked for; by `auto` the native one, or where that cannot
 * be, the ipc one.
 * @throws SHARED_PORT_ERR_LANE when the native one was asked for and cannot be had
 */
export function openLane (asked: LaneName | 'auto', log: SafeLog): Lane {
  const lane = asked === 'ipc' ? new IpcLane() : openNative(asked, log)
  log.debug({ event: 'lane', lane: lane.name }, 'connections go by the %s lane', lane.name)
  return lane
}

function openNative (asked: 'native' | 'auto', log: SafeLog): Lane {
  try {
    return new NativeLane(loadNative())
  } catch (err) {
    const [message] = (err as Error).message.split('\n') as [string] // node-gyp-build goes on about its platform
    if (asked === 'native') throw new LaneUnavailableError('native', message, { cause: err })
    const lane = new IpcLane()
    log.info({ event: 'lane', lane: lane.name, reason: message }, 'connections go by the %s lane: the native one cannot be had', lane.name)
    return lane
  }
}

/**
 * Starts the worker's side: from here on, `receiver` is asked for each connection. Returns what shows
 * the primary how many connections are open, where the lane can.
 */
export function receiveConnections (lane: LaneName, channel: Channel, receiver: Receiver, primaryLives: () => boolean): (open: number) => void {
  if (lane === 'native') return receiveNative(loadNative(), receiver)
  receiveIpc(channel, receiver, primaryLives)
  return () => {}
}

function loadNative (): Addon {
  if (process.platform !== 'linux') throw new Error(`it is made for Linux, and this is ${process.platform}`)
  return loadAddon()
}
