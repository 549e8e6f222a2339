import { fstatSync, readdirSync } from 'node:fs'

// Descriptors are the process's, and so is what is known of them here.

/** The sockets that this process had when the package was loaded, by descriptor: what its starter has handed over, such as systemd's of a socket unit. */
const sockets = new Map(descriptors().flatMap(fd => {
  const socket = socketAt(fd)
  return socket === undefined ? [] : [[fd, socket] as const]
}))

/** Who listens on them. */
const owners = new Map<number, string>()

/**
 * Whether `owner` may have a handle of its own on a descriptor: it is a socket that was handed over, and nobody else has one. Two
 * handles on one descriptor would close it twice, the second time under another one that has the number by then.
 */
export function claim (fd: number, owner: string): boolean {
  const socket = sockets.get(fd)
  if (socket === undefined || socket !== socketAt(fd)) return false
  if (!owners.has(fd)) owners.set(fd, owner)
  return owners.get(fd) === owner
}

/** Beyond stdin, stdout and stderr, and the channel to a parent of Node's. */
function descriptors (): number[] {
  const channel = (process.channel as { fd?: number } | undefined)?.fd
  for (const folder of ['/proc/self/fd', '/dev/fd']) {
    try {
      return readdirSync(folder).map(Number).filter(fd => fd > 2 && fd !== channel)
    } catch {} // the first is Linux's, the second that of others
  }
  return []
}

/** What tells one socket from the next that has the same number. */
function socketAt (fd: number): string | undefined {
  try {
    const stat = fstatSync(fd, { bigint: true })
    return stat.isSocket() ? `${stat.dev}:${stat.ino}` : undefined
  } catch {
    return undefined // closed
  }
}
