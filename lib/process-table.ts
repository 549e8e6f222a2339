import { readdirSync, readFileSync } from 'node:fs'

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

/** The processes that it has started, and that those have, as far as they still belong to it. */
export function descendants (pid: number): ProcessInfo[] {
  return children(pid).flatMap(child => [{ pid: child, command: read(`/proc/${child}/comm`).trim() }, ...descendants(child)])
}

function children (pid: number): number[] {
  return threads(pid)
    .flatMap(thread => read(`/proc/${pid}/task/${thread}/children`).split(' '))
    .filter(text => text !== '')
    .map(Number)
}

function threads (pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch {
    return []
  }
}

function read (path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** How many descriptors this process may have open: Infinity where that is not known. */
export function descriptorLimit (): number {
  try {
    // Limit, soft limit, hard limit, units: https://man7.org/linux/man-pages/man5/proc_pid_limits.5.html
    return Number(/^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? Infinity)
  } catch {
    return Infinity
  }
}
