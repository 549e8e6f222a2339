import { constants } from 'node:os'
import { NO_PORT, systemError } from './system-error.js'

/**
 * The most bytes in the path of a Unix socket. sun_path has 108 on Linux and 104 elsewhere, including the
 * final NUL.
 */
export const LONGEST_PATH = process.platform === 'linux' ? 107 : 103

/** @throws EINVAL, as Node 22 does, for a path that is too long; Node 20 would truncate it and bind that */
export function assertFits (path: string): void {
  if (Buffer.byteLength(path) > LONGEST_PATH) throw systemError(-constants.errno.EINVAL, 'listen', { address: path, port: NO_PORT })
}
