import { getSystemErrorMap } from 'node:util'

/** The port in Node's errors about a path (`setupListenHandle` in its lib/net.js). */
export const NO_PORT = -1

/**
 * Makes Node's own error for a libuv error number, with the same message, code, errno and syscall as an
 * error from `net`.
 *
 * @param where the address and port, or a path with {@link NO_PORT}
 */
export function systemError (errno: number, syscall: string, { address, port = 0 }: { address?: string, port?: number } = {}): NodeJS.ErrnoException {
  const [code, meaning] = getSystemErrorMap().get(errno) ?? ['UNKNOWN', `unknown error ${errno}`]
  const at = address === undefined ? '' : ` ${address}${port > 0 ? `:${port}` : ''}`
  return Object.assign(new Error(`${syscall} ${code}: ${meaning}${at}`), { code, errno, syscall, ...(address !== undefined && { address }), ...(port !== 0 && { port }) })
}
