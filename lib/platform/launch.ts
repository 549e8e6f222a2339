import cluster from 'node:cluster'
import { accessSync, constants, readFileSync, realpathSync } from 'node:fs'
import { delimiter, isAbsolute, join, resolve } from 'node:path'
import { successorMark } from './role.js'

// How this process was started, so that another one can be started in the same way. Read when the package is
// loaded: an app may change its folder and its environment.

/** The command line and the surroundings of a process. */
export interface Launch { exec: string, args: string[], cwd: string, env: NodeJS.ProcessEnv }

/** A worker is never started again by itself, and does not look. */
const { folder, environment, commandLine } = cluster.isPrimary ? look() : { folder: '', environment: {}, commandLine: [] }

function look (): { folder: string, environment: NodeJS.ProcessEnv, commandLine: string[] } {
  return { folder: logicalFolder(), environment: initialEnvironment(), commandLine: initialCommandLine() }
}

/**
 * The same command line in the same folder, through whatever symbolic links lead there by now, with Node as
 * it is on the disk by now. The environment is that with which this process was started: what it has read
 * from files since is missing.
 */
export function relaunch (): Launch {
  return { exec: findNode(), args: commandLine, cwd: folder, env: passOn(environment) }
}

/** The variables of a service manager that name this process have to name its successor's predecessor, which is this process. */
function passOn ({ WATCHDOG_PID: _watched, LISTEN_PID: activated, ...env }: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const ours = [process.pid, successorMark?.predecessor].some(pid => String(pid) === activated)
  return { ...env, ...(ours && { LISTEN_PID: String(process.pid) }) }
}

/**
 * The folder by the name that a shell used for it: `/srv/app/current` may be a symbolic link that leads to
 * another release by the time of the next start. process.cwd() has no symbolic links.
 */
function logicalFolder (): string {
  const physical = process.cwd()
  const named = process.env['PWD']
  try {
    if (named !== undefined && isAbsolute(named) && realpathSync(named) === physical) return named
  } catch {} // it names something else
  return physical
}

/**
 * The arguments of the start, with those for Node. On Linux from the kernel: Node makes the script's path
 * absolute, by the folder without symbolic links.
 */
function initialCommandLine (): string[] {
  try {
    const [program, ...args] = readFileSync('/proc/self/cmdline', 'utf8').replace(/\0$/, '').split('\0')
    if (program === process.argv0 && args.length > 0) return args // otherwise the title of the process was changed
  } catch {} // not on Linux, or /proc is not mounted
  return [...process.execArgv, ...process.argv.slice(1)]
}

/** The environment of the start. On Linux from the kernel, since an app may have read a .env file before it loads this package. */
function initialEnvironment (): NodeJS.ProcessEnv {
  try {
    const lines = readFileSync('/proc/self/environ', 'utf8').split('\0')
    const entries = lines.flatMap(line => {
      const end = line.indexOf('=')
      return end > 0 ? [[line.slice(0, end), line.slice(end + 1)] as const] : []
    })
    if (entries.length > 0) return without(Object.fromEntries(entries))
  } catch {} // not on Linux, or /proc is not mounted
  return without({ ...process.env })
}

/** Without what Node's parent process has set for this process alone: another channel gets other values. */
function without (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { NODE_CHANNEL_FD: _fd, NODE_CHANNEL_SERIALIZATION_MODE: _mode, NODE_UNIQUE_ID: _id, ...others } = env
  return others
}

/**
 * Node by the name that it was started by. process.execPath has no symbolic links, and leads to the version
 * that is running.
 */
function findNode (): string {
  const { argv0 } = process
  if (argv0.includes('/')) return runnable(resolve(folder, argv0)) ?? process.execPath
  for (const directory of (environment['PATH'] ?? '').split(delimiter)) {
    const found = isAbsolute(directory) ? runnable(join(directory, argv0)) : undefined
    if (found !== undefined) return found
  }
  return process.execPath
}

function runnable (path: string): string | undefined {
  try {
    accessSync(path, constants.X_OK)
    return path
  } catch {
    return undefined
  }
}

/** Programs that run as process 1 of a container, and end it with the process that they have started. */
const INITS = ['tini', 'docker-init', 'dumb-init', 'catatonit']

/**
 * Why another process cannot take the place of this one, if something waits for this one's exit and would end
 * or restart everything then.
 */
export function irreplaceable (): string | undefined {
  if (process.platform === 'win32') return 'on Windows, a process cannot pass its sockets on'
  if (process.pid === 1 || (process.ppid === 1 && INITS.includes(nameOf(1)))) return `process ${process.pid} cannot be replaced, because its container ends with it; start a new container instead`
  if (environment['SYSTEMD_EXEC_PID'] === String(process.pid) && environment['NOTIFY_SOCKET'] === undefined) return 'systemd would stop the unit with this process: set Type=notify or Type=notify-reload in it'
  return environment['pm_id'] === undefined ? undefined : 'PM2 would start this process again; use pm2 reload instead'
}

function nameOf (pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
  } catch {
    return ''
  }
}
