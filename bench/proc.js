// What the kernel reports about a process: https://man7.org/linux/man-pages/man5/proc.5.html
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Clock ticks a second in /proc/<pid>/stat: 100 on every Linux that Node runs on (USER_HZ). */
const TICKS = 100

/**
 * CPU time of the whole process, all its threads, in microseconds. From the scheduler's own clock
 * (schedstat, nanoseconds) if the kernel keeps it, or else from utime + stime (10 ms).
 * @param {number} pid
 */
export function cpuMicros (pid) {
  try {
    return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => sum + threadMicros(pid, thread), 0)
  } catch {
    const [utime, stime] = stat(pid).slice(11, 13).map(Number)
    return (utime + stime) / TICKS * 1e6
  }
}

function threadMicros (pid, thread) {
  const [nanoseconds] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')
  return Number(nanoseconds) / 1000
}

/**
 * Memory in bytes: resident, proportional (shared memory is divided among the processes that share it),
 * private, and proportional without files that are mapped.
 * @param {number} pid
 */
export function memory (pid) {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const bytes = name => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) * 1024
  return {
    rss: bytes('Rss'),
    pss: bytes('Pss'),
    private: bytes('Private_Clean') + bytes('Private_Dirty'),
    unmapped: bytes('Pss_Anon') + bytes('Pss_Shmem')
  }
}

/**
 * How many descriptors a process has open.
 * @param {number} pid
 */
export function descriptors (pid) {
  return readdirSync(`/proc/${pid}/fd`).length
}

/**
 * How many sockets a process has open.
 * @param {number} pid
 */
export function sockets (pid) {
  return readdirSync(`/proc/${pid}/fd`).filter(fd => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith('socket:')
    } catch {
      return false // closed meanwhile
    }
  }).length
}

/**
 * The processes, except zombies, that were started with this setting in their environment.
 * @param {string} setting NAME=value
 */
export function startedWith (setting) {
  return readdirSync('/proc').filter(name => /^\d+$/.test(name)).map(Number).filter(pid => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(setting) && stat(pid)[0] !== 'Z'
    } catch {
      return false // it has exited meanwhile, or belongs to another user
    }
  })
}

/** The fields of /proc/<pid>/stat from the state on: the name before it may contain anything. */
function stat (pid) {
  return readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ')
}
