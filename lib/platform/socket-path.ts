import { constants } from 'node:os'
import { NO_PORT, systemError } from './system-error.js'

/** Bytes of a Unix socket's path: sun_path of Linux has 108 with the end, that of others 104. */
const LONGEST_PATH = process.platform === 'linux' ? 107 : 103

/** @throws EINVAL, as Node 22 does, for a path that Node 20 would cut short, to bind that */
export function assertFits (path: string): void {
  if (Buffer.byteLength(path) > LONGEST_PATH) throw systemError(-constants.errno.EINVAL, 'listen', { address: path, port: NO_PORT })
}
