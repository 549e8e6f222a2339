import type { LaneName } from '../types/index.js'
import { LaneUnavailableError } from './errors.js'
import { type Addon, loadAddon } from './lane/addon.js'
import type { Lane, Receiver, WorkerLane } from './lane/interface.js'
import { IpcLane, receiveIpc } from './lane/ipc.js'
import { NativeLane, receiveNative } from './lane/native.js'
import type { Channel } from './protocol.js'
import type { SafeLog } from './fastify/safe-log.js'

export type { Ack, Acceptor, AcceptEvents, Admission, Connection, Frame, Handed, Handover, Hold, Lane, Lot, LotEvents, Receiver, Return, Returned, ReturnReason, Wire, WireEvents, WorkerLane } from './lane/interface.js'

/**
 * Opens the primary's side of the given lane. With `auto` that is the native lane, or the ipc lane if the
 * native one is unavailable.
 * @throws SHARED_PORT_ERR_LANE if `native` was given and is unavailable
 */
export function openLane (asked: LaneName | 'auto', log: SafeLog): Lane {
  const lane = asked === 'ipc' ? new IpcLane() : openNative(asked, log)
  log.debug({ event: 'lane', lane: lane.name }, 'using the %s lane', lane.name)
  return lane
}

function openNative (asked: 'native' | 'auto', log: SafeLog): Lane {
  try {
    return new NativeLane(loadNative())
  } catch (err) {
    const [message] = (err as Error).message.split('\n') as [string] // the further lines of node-gyp-build's message describe the platform
    if (asked === 'native') throw new LaneUnavailableError('native', message, { cause: err })
    const lane = new IpcLane()
    log.info({ event: 'lane', lane: lane.name, reason: message }, 'using the %s lane, because the native one is not available: %s', lane.name, message)
    return lane
  }
}

/** Opens the worker's side of the lane, which asks `receiver` about each connection from now on. */
export function openWorkerLane (lane: LaneName, channel: Channel, receiver: Receiver, primaryLives: () => boolean): WorkerLane {
  return lane === 'native' ? receiveNative(loadNative(), receiver) : receiveIpc(channel, receiver, primaryLives)
}

/** Whether the descriptor is a socket that listens. Undefined without the addon, because Node has no way to ask. */
export function listens (fd: number): boolean | undefined {
  try {
    return loadNative().listens(fd)
  } catch {
    return undefined
  }
}

function loadNative (): Addon {
  if (process.platform !== 'linux') throw new Error(`it needs Linux, and this is ${process.platform}`)
  return loadAddon()
}
