import type { Server } from 'node:http'
import { isAnswering, isUpgraded, keepAddress, settledHandle, socketsBetweenRequests, type ConnectionHandle } from '../platform/node-internals.js'
import { LONGEST_DELAY } from '../platform/timing.js'
import type { OpenConnection } from './connections.js'

/** An idle connection: only its owner may read from the handle. */
export interface Idle { connection: OpenConnection, handle: ConnectionHandle }

/**
 * Whether the connection seems to be between two requests: the last answer is written out, and the last
 * request is read. Whether a byte of the next one has been read is known only if there was no request yet.
 */
export function seemsIdle ({ note, response, raw, begun }: OpenConnection): boolean {
  if (note === undefined) return false // the app has made it, not the primary
  if (isUpgraded(raw) || isAnswering(raw)) return false
  if (response === undefined) return !begun && raw.bytesRead === 0
  return response.writableFinished && response.shouldKeepAlive && response.req.complete
}

/** Those of the connections that are idle: not a byte of another request has been read, and nothing is left to be written. */
export function idleOf (server: Server, candidates: readonly OpenConnection[]): Idle[] {
  const seeming = candidates.filter(seemsIdle)
  if (seeming.length === 0) return []
  const between = socketsBetweenRequests(server)
  return seeming.flatMap(connection => connection.response === undefined || between?.has(connection.raw) === true ? settled(connection) : [])
}

/** The connection with its handle, if nothing is left to be written. */
export function settled (connection: OpenConnection): Idle[] {
  const handle = settledHandle(connection.raw)
  return handle === undefined ? [] : [{ connection, handle }]
}

/** Milliseconds for which the connection may stay idle, if it has been idle since then. */
export function timeLeft (server: Server, { raw, response }: OpenConnection, since: number): number {
  const { timeout = 0 } = raw // Node has set it to keepAliveTimeout after the response
  const limit = timeout > 0 ? timeout : response === undefined ? server.headersTimeout : 0
  return limit > 0 ? Math.max(0, limit - (performance.now() - since)) : LONGEST_DELAY
}

/** Closes this process's copy. Neither FIN nor RST is sent, since there is another copy. */
export function letGo ({ raw }: OpenConnection): void {
  keepAddress(raw)
  raw.destroy()
}
