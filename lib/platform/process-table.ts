import { closeSync, openSync, readdirSync, readSync } from 'node:fs'

// What Linux tells of a process: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
// Elsewhere, and of one that is gone, nothing.

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

/** What a process is doing: a loop that never ends is 'running', one that waits for ever 'sleeping'. */
export function processState (pid: number): string | undefined {
  const [, letter = ''] = /^\d+ \(.*\) (\S)/s.exec(read(`/proc/${pid}/stat`)) ?? []
  return STATES[letter]
}

/** Whether there is such a process, whosever it is, that has not ended. */
export function isAlive (pid: number): boolean {
  try {
    process.kill(pid, 0)
    return processState(pid) !== 'dead'
  } catch (err) {
    return (err as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Files that are looked at, at most, for what a process has started: each look is synchronous, and a fork bomb has no end. */
const MOST_LOOKS = 500

/** Processes that are named, at most. */
const MOST_NAMED = 50

/** Bytes of one list of children: some 500 of them, and more than are named. */
const LONGEST_LIST = 4_096

/**
 * The processes that it has started, and that those have, as far as they still belong to it.
 * `complete` is false where there are more, or may be.
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

/** Of one thread: each has its own. A list that is cut off has more of them than are named. */
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

/** How many descriptors this process may have open: Infinity where that is not known. */
export function descriptorLimit (): number {
  // Limit, soft limit, hard limit, units: https://man7.org/linux/man-pages/man5/proc_pid_limits.5.html
  return Number(/^Max open files +(\d+)/m.exec(read('/proc/self/limits'))?.[1] ?? Infinity)
}

/** For people: `sleep (123), node (124), others`. */
export function listed ({ processes, complete }: ReturnType<typeof descendants>): string {
  return [...processes.map(({ pid, command }) => `${command} (${pid})`), ...(complete ? [] : ['others'])].join(', ')
}
