import cluster from 'node:cluster'
import { isMainThread } from 'node:worker_threads'
import type { LaneName } from '../../types/index.js'
import { isAlive } from './process-table.js'

/** The environment variable in which a worker finds its {@link WorkerMark}, as JSON. */
export const WORKER_MARK = 'SHARED_FASTIFY_WORKER'

/** The environment variable in which a new primary finds what it takes over, as JSON with the predecessor's process id. */
export const SUCCESSOR_MARK = 'SHARED_FASTIFY_PREDECESSOR'

/** What a predecessor has set for this process, if this process was started to take its place. */
export const successorMark = readSuccessorMark()

function readSuccessorMark (): { predecessor: number } | undefined {
  const given = process.env[SUCCESSOR_MARK]
  delete process.env[SUCCESSOR_MARK]
  if (given === undefined || process.channel === undefined) return undefined
  try {
    const mark = JSON.parse(given) as { predecessor: number } | null
    // What this process starts, or an app that passes its environment on, is nobody's successor.
    return mark !== null && (mark.predecessor === process.ppid || !isAlive(mark.predecessor)) ? mark : undefined
  } catch {
    return undefined // not set by this package
  }
}

/** Set by the primary when it forks a worker. */
export interface WorkerMark {
  /** The primary's process id. */
  primary: number
  generation: number
  /** The number of the worker's slot. */
  slot: number
  lane: LaneName
}

export type RoleFound =
  | { role: 'primary' }
  | { role: 'worker', mark: WorkerMark }
  | { role: 'standalone', why: string, asked: boolean }

/** Determines the role of this process. */
export function findRole (workers: number | 'auto'): RoleFound {
  const mark = findMark()
  if (mark !== undefined) return { role: 'worker', mark }
  if (workers === 0) return { role: 'standalone', why: 'workers is 0', asked: true }
  if (cluster.isWorker) {
    return { role: 'standalone', why: 'this process is a worker of another cluster, which already shares its port', asked: false }
  }
  if (!isMainThread) {
    return { role: 'standalone', why: 'a thread cannot fork workers', asked: false }
  }
  return { role: 'primary' }
}

/** The mark that the primary set, if this process is a worker. */
export function findMark (): WorkerMark | undefined {
  const mark = readMark()
  return cluster.isWorker && mark !== undefined && isOurs(mark) ? mark : undefined
}

/**
 * Whether the mark was set for this process. A process that a worker starts inherits its environment, so the
 * mark counts only if the named primary is the parent. If the primary died while the worker was loading, the
 * worker has another parent by now but is still a worker: then the named primary is no longer alive.
 */
function isOurs ({ primary }: WorkerMark): boolean {
  return primary === process.ppid || !isAlive(primary)
}

function readMark (): WorkerMark | undefined {
  try {
    const mark = JSON.parse(process.env[WORKER_MARK] ?? '') as WorkerMark | null
    return Number.isInteger(mark?.primary) ? mark as WorkerMark : undefined
  } catch {
    return undefined // not set, or not set by this package
  }
}
