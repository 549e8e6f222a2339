import { fstatSync, readdirSync, readFileSync } from 'node:fs'

// Descriptors are the process's, and so is what is known of them here.

/** The sockets that this process had when the package was loaded, by descriptor: what its starter has handed over, such as systemd's of a socket unit. */
const sockets = new Map(descriptors().flatMap(fd => {
  const socket = socketAt(fd)
  return socket === undefined ? [] : [[fd, socket] as const]
}))

/** Who listens on them. */
const owners = new Map<number, string>()

/**
 * Lets `owner` have a handle of its own on a descriptor: if it is a socket that was handed over, no connection, and nobody else
 * has one. Two handles on one descriptor would close it twice, the second time under another one that has the number by then.
 * @returns who has it now; undefined where nobody may
 */
export function claim (fd: number, owner: string): string | undefined {
  const socket = sockets.get(fd)
  if (socket === undefined || socket !== socketAt(fd)) return undefined
  if (!owners.has(fd) && !isConnection(fd)) owners.set(fd, owner)
  return owners.get(fd)
}

/** TCP_LISTEN and, of a datagram socket that is not connected, TCP_CLOSE in the kernel's include/net/tcp_states.h. */
const UNCONNECTED = new Set(['0A', '07'])

/** SS_UNCONNECTED in the kernel's include/uapi/linux/net.h: a listening one too. */
const UNIX_UNCONNECTED = '01'

/**
 * Whether it has a peer, as Linux tells: an app that loads this package late has connections of its own by then. Of a socket
 * that is not listed (elsewhere than on Linux, or in another network namespace) that is not known.
 */
function isConnection (fd: number): boolean {
  const inode = String(fstatSync(fd).ino)
  return ['tcp', 'tcp6', 'udp', 'udp6'].some(name => table(name).some(row => row[9] === inode && !UNCONNECTED.has(row[3] as string))) ||
    table('unix').some(row => row[6] === inode && row[5] !== UNIX_UNCONNECTED)
}

/** The sockets of one kind that this process's network namespace has: https://man7.org/linux/man-pages/man5/proc_pid_net.5.html */
function table (name: string): string[][] {
  try {
    return readFileSync(`/proc/self/net/${name}`, 'utf8').split('\n').map(line => line.trim().split(/\s+/))
  } catch {
    return []
  }
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
