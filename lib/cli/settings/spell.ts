import type { SocketName } from '../../platform/node-internals.js'

/** Formats an address as it is typed: `127.0.0.1:3000`, `[::1]:3000`, or a path. */
export function spell (name: SocketName | string): string {
  if (typeof name === 'string') return name
  return name.family === 'IPv6' ? `[${name.address}]:${name.port}` : `${name.address}:${name.port}`
}
