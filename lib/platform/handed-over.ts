import { fstatSync, readdirSync, readFileSync } from 'node:fs'

// Module state, because descriptors belong to the whole process.

/**
 * Sockets that were open when the package was loaded, by descriptor: those inherited from the process that
 * started this one, such as the sockets of a systemd socket unit.
 */
const sockets = new Map(descriptors().flatMap(fd => {
  const socket = socketAt(fd)
  return socket === undefined ? [] : [[fd, socket] as const]
}))

/** The owner of each claimed descriptor. */
const owners = new Map<number, string>()

/**
 * Claims a descriptor for `owner`. The descriptor must be an inherited socket, not a connection, and not
 * claimed yet. Two handles on one descriptor would close it twice, and the second close could hit an
 * unrelated file that has reused the number.
 * @returns the current owner, or undefined if nobody may claim the descriptor
 */
export function claim (fd: number, owner: string): string | undefined {
  const socket = sockets.get(fd)
  if (socket === undefined || socket !== socketAt(fd)) return undefined
  if (!owners.has(fd) && !isConnection(fd)) owners.set(fd, owner)
  return owners.get(fd)
}

/** TCP_LISTEN, and TCP_CLOSE for a datagram socket that is not connected, in the kernel's include/net/tcp_states.h. */
const UNCONNECTED = new Set(['0A', '07'])

/** SS_UNCONNECTED in the kernel's include/uapi/linux/net.h. Listening sockets have this state too. */
const UNIX_UNCONNECTED = '01'

/** `__SO_ACCEPTCON` in the kernel's include/uapi/linux/net.h: the flag of a Unix socket that listens. */
const UNIX_LISTENS = 0x10000

/** SOCK_STREAM, and TCP_LISTEN in the kernel's include/net/tcp_states.h. */
const UNIX_STREAM = '0001'
const TCP_LISTENS = '0A'

/**
 * Why nobody can connect to the descriptor, according to Linux. Undefined if somebody can, or if that is
 * unknown: sockets of another network namespace are not listed (those that systemd passes to a service with
 * PrivateNetwork=), nor is a TCP socket that is only bound.
 */
export function flawOf (fd: number): string | undefined {
  let inode: string
  try {
    const found = fstatSync(fd)
    if (!found.isSocket()) return 'it is not a socket'
    inode = String(found.ino)
  } catch {
    return 'it is not open'
  }
  const tcp = ['tcp', 'tcp6'].flatMap(table).find(row => row[9] === inode)
  if (tcp !== undefined) return tcp[3] === TCP_LISTENS ? undefined : 'it is a connection'
  if (['udp', 'udp6'].flatMap(table).some(row => row[9] === inode)) return 'it is a datagram socket'
  const unix = table('unix').find(row => row[6] === inode)
  if (unix === undefined) return undefined
  if (unix[4] !== UNIX_STREAM) return 'it is a Unix socket for datagrams or packets'
  if (unix[5] !== UNIX_UNCONNECTED) return 'it is a connection'
  return (parseInt(unix[3] as string, 16) & UNIX_LISTENS) === 0 ? 'it does not listen' : undefined
}

/** The path that a Unix socket is bound to, with @ before an abstract name. Undefined if that is unknown. */
export function pathOf (fd: number): string | undefined {
  const inode = String(fstatSync(fd).ino)
  return table('unix').find(row => row[6] === inode)?.slice(7).join(' ') || undefined
}

/**
 * Whether the socket has a peer, according to Linux. An app that loads this package late already has
 * connections of its own. False if the socket is not listed (not on Linux, or in another network namespace),
 * since then its state is unknown.
 */
function isConnection (fd: number): boolean {
  const inode = String(fstatSync(fd).ino)
  return ['tcp', 'tcp6', 'udp', 'udp6'].some(name => table(name).some(row => row[9] === inode && !UNCONNECTED.has(row[3] as string))) ||
    table('unix').some(row => row[6] === inode && row[5] !== UNIX_UNCONNECTED)
}

/**
 * The sockets of one kind in this process's network namespace:
 * https://man7.org/linux/man-pages/man5/proc_pid_net.5.html
 */
function table (name: string): string[][] {
  try {
    return readFileSync(`/proc/self/net/${name}`, 'utf8').split('\n').map(line => line.trim().split(/\s+/))
  } catch {
    return []
  }
}

/** The open descriptors, except stdin, stdout, stderr and the IPC channel to a Node parent. */
function descriptors (): number[] {
  const channel = (process.channel as { fd?: number } | undefined)?.fd
  for (const folder of ['/proc/self/fd', '/dev/fd']) {
    try {
      return readdirSync(folder).map(Number).filter(fd => fd > 2 && fd !== channel)
    } catch {} // /proc/self/fd is on Linux, /dev/fd on other systems
  }
  return []
}

/** Identifies the socket, since another socket may reuse the descriptor's number. */
function socketAt (fd: number): string | undefined {
  try {
    const stat = fstatSync(fd, { bigint: true })
    return stat.isSocket() ? `${stat.dev}:${stat.ino}` : undefined
  } catch {
    return undefined // closed
  }
}
