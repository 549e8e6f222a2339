import { closeSync, openSync, readdirSync, readSync } from 'node:fs'

// Information about processes on Linux: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
// Empty on other systems, and for a process that has ended.

const STATES: Record<string, string> = {
  R: 'running',
  S: 'sleeping',
  D: 'waiting for the disk',
  T: 'stopped by a signal',
  t: 'stopped by a tracer',
  Z: 'dead',
  X: 'dead'
}

export interface ProcessInfo { pid: number, command: string }

/** The state of a process. An endless loop is 'running', an endless wait is 'sleeping'. */
export function processState (pid: number): string | undefined {
  const [, letter = ''] = /^\d+ \(.*\) (\S)/s.exec(read(`/proc/${pid}/stat`)) ?? []
  return STATES[letter]
}

/** Whether the process exists and has not ended, whichever user it belongs to. */
export function isAlive (pid: number): boolean {
  try {
    process.kill(pid, 0)
    return processState(pid) !== 'dead'
  } catch (err) {
    return (err as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** The most files that are read to find descendants. Each read is synchronous, and a fork bomb has no end. */
const MOST_LOOKS = 500

/** The most processes that are named. */
const MOST_NAMED = 50

/** The bytes that are read of one list of children: about 500 of them, more than are named. */
const LONGEST_LIST = 4_096

/**
 * The children of a process, their children, and so on, except those that have been reparented. `complete`
 * is false if there are, or may be, more.
 */
export function descendants (pid: number): { processes: ProcessInfo[], complete: boolean } {
  const processes: ProcessInfo[] = []
  const parents = [pid]
  let looks = 0
  for (const parent of parents) {
    for (const thread of threads(parent)) {
      if (looks++ === MOST_LOOKS) return { processes, complete: false }
      for (const child of children(parent, thread)) {
        if (processes.length === MOST_NAMED) return { processes, complete: false }
        processes.push({ pid: child, command: read(`/proc/${child}/comm`).trim() })
        parents.push(child)
      }
    }
  }
  return { processes, complete: true }
}

/**
 * The children of one thread: each thread has a list of its own. A list that is cut off still holds more
 * than are named.
 */
function children (pid: number, thread: string): number[] {
  return read(`/proc/${pid}/task/${thread}/children`).split(' ').filter(text => text !== '').map(Number)
}

function threads (pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch {
    return []
  }
}

function read (path: string): string {
  let fd: number | undefined
  try {
    fd = openSync(path, 'r')
    return buffer.toString('utf8', 0, readSync(fd, buffer))
  } catch {
    return ''
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

const buffer = Buffer.alloc(LONGEST_LIST)

/** The number of descriptors that this process may have open, or Infinity if that is unknown. */
export function descriptorLimit (): number {
  // The columns are limit, soft limit, hard limit, units: https://man7.org/linux/man-pages/man5/proc_pid_limits.5.html
  return Number(/^Max open files +(\d+)/m.exec(read('/proc/self/limits'))?.[1] ?? Infinity)
}

/** Formats the list for people: `sleep (123), node (124), others`. */
export function listed ({ processes, complete }: ReturnType<typeof descendants>): string {
  return [...processes.map(({ pid, command }) => `${command} (${pid})`), ...(complete ? [] : ['others'])].join(', ')
}
