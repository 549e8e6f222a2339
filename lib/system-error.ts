import { getSystemErrorMap } from 'node:util'

/**
 * Node's own error for a libuv error number: the same message, code, errno and syscall as from `net`.
 *
 * @param where what it was about: an address and port, or a path
 */
export function systemError (errno: number, syscall: string, where?: { address: string, port?: number }): NodeJS.ErrnoException {
  const [code, meaning] = getSystemErrorMap().get(errno) ?? ['UNKNOWN', `unknown error ${errno}`]
  const at = where === undefined ? '' : ` ${where.address}${where.port ? `:${where.port}` : ''}`
  return Object.assign(new Error(`${syscall} ${code}: ${meaning}${at}`), { code, errno, syscall, ...where })
}
