/** What the service manager that has started this process wants to be told: sd_notify(3), sd_watchdog_enabled(3). */
export interface ServiceEnvironment {
  /** The Unix datagram socket that it reads: a path, or an abstract name that begins with @. */
  readonly socket?: string
  /** The longest time in milliseconds between two signs of life of this process. */
  readonly watchdog?: number
  /** What is wrong with the variables, in words. What they ask for is not done then. */
  readonly wrong: readonly string[]
}

/** The longest path of a Unix socket, and the longest abstract name with its first byte, in bytes: unix(7). */
const LONGEST = { path: 107, abstract: 108 }

const NAMES = ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID'] as const

type Variables = Partial<Record<typeof NAMES[number], string>>

// Module state, because the environment belongs to the whole process: the variables are there once.
let taken: ServiceEnvironment | undefined

/**
 * Reads the service manager's variables, and removes them from the environment: a worker, or a process that
 * the app starts, would otherwise speak to the service manager in the name of this one.
 */
export function takeServiceEnvironment (): ServiceEnvironment {
  if (taken !== undefined) return taken
  const variables = Object.fromEntries(NAMES.map(name => [name, process.env[name]])) as Variables
  for (const name of NAMES) delete process.env[name]
  taken = readVariables(variables, process.pid)
  return taken
}

/** @param pid of this process */
export function readVariables ({ NOTIFY_SOCKET: socket = '', WATCHDOG_USEC: usec = '', WATCHDOG_PID: watched = '' }: Variables, pid: number): ServiceEnvironment {
  if (socket === '') return { wrong: [] }
  if (!/^[/@]./s.test(socket)) return { wrong: [`NOTIFY_SOCKET is '${socket}', which is not supported: it takes a path that begins with /, or an abstract name that begins with @`] }
  const longest = socket.startsWith('@') ? LONGEST.abstract : LONGEST.path
  if (Buffer.byteLength(socket) > longest) return { wrong: [`NOTIFY_SOCKET is '${socket}', which is too long: a Unix socket's name has ${longest} bytes at most`] }
  if (usec === '' || (watched !== '' && watched !== String(pid))) return { socket, wrong: [] }
  if (!/^[1-9]\d{0,15}$/.test(usec)) return { socket, wrong: [`WATCHDOG_USEC is '${usec}', which is not a number of microseconds: no signs of life are sent`] }
  return { socket, watchdog: Number(usec) / 1_000, wrong: [] }
}
