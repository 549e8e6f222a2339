import { getSystemErrorMap } from 'node:util'

/** What Node has for a port where a path was bound (`setupListenHandle` in its lib/net.js). */
export const NO_PORT = -1

/**
 * Node's own error for a libuv error number: the same message, code, errno and syscall as from `net`.
 *
 * @param where what it was about: an address and port; or a path, with {@link NO_PORT}
 */
export function systemError (errno: number, syscall: string, { address, port = 0 }: { address?: string, port?: number } = {}): NodeJS.ErrnoException {
  const [code, meaning] = getSystemErrorMap().get(errno) ?? ['UNKNOWN', `unknown error ${errno}`]
  const at = address === undefined ? '' : ` ${address}${port > 0 ? `:${port}` : ''}`
  return Object.assign(new Error(`${syscall} ${code}: ${meaning}${at}`), { code, errno, syscall, ...(address !== undefined && { address }), ...(port !== 0 && { port }) })
}
