/** The descriptors that a service manager passes begin here: SD_LISTEN_FDS_START of sd-daemon.h. */
const FIRST = 3

/** The most descriptors: as many as Linux lets a process have by default. */
const MOST = 1_024

/** The name of a descriptor without one, as with sd_listen_fds_with_names(3). */
const UNNAMED = 'unknown'

const OF_PROCESS = 'LISTEN_PID'
const COUNT = 'LISTEN_FDS'
const NAMES = 'LISTEN_FDNAMES'

/** LISTEN_PIDFDID identifies the process as LISTEN_PID does (systemd 259), and is not needed here. */
const VARIABLES = [OF_PROCESS, COUNT, NAMES, 'LISTEN_PIDFDID']

/** What a service manager has passed to this process. */
export interface Activation {
  readonly descriptors: ReadonlyArray<{ readonly fd: number, readonly name: string }>
  /** Why the variables do not count. */
  readonly ignored?: string
  /** What is wrong with the variables. */
  readonly invalid?: string
}

export const NO_ACTIVATION: Activation = { descriptors: [] }

/**
 * Reads the variables of socket activation by the rules of sd_listen_fds(3), and removes them, so that no
 * process that is started from here takes them for its own:
 * https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html
 *
 * The descriptors themselves are close-on-exec already: Node sets that for inherited ones when it starts
 * (uv_disable_stdio_inheritance of libuv).
 */
export function takeActivation (environment: NodeJS.ProcessEnv = process.env, pid = process.pid): Activation {
  const { [OF_PROCESS]: process = '', [COUNT]: count = '', [NAMES]: names = '' } = environment
  for (const name of VARIABLES) Reflect.deleteProperty(environment, name)
  if (process === '') return NO_ACTIVATION
  if (!/^\d+$/.test(process)) return invalid(`${OF_PROCESS} must be a process id, got '${process}'`)
  if (Number(process) !== pid) return count === '' ? NO_ACTIVATION : { descriptors: [], ignored: `${OF_PROCESS} is ${process}, and this is process ${pid}` }
  if (count === '') return NO_ACTIVATION
  const number = /^\d+$/.test(count) ? Number(count) : NaN
  if (!(number >= 1 && number <= MOST)) return invalid(`${COUNT} must be a number from 1 to ${MOST}, got '${count}'`)
  const given = names === '' ? Array<string>(number).fill(UNNAMED) : names.split(':')
  if (given.length !== number) return invalid(`${NAMES} must have a name for each of the ${number} descriptors of ${COUNT}, got ${given.length}: '${names}'`)
  return { descriptors: given.map((name, place) => ({ fd: FIRST + place, name })) }
}

function invalid (reason: string): Activation {
  return { descriptors: [], invalid: reason }
}
