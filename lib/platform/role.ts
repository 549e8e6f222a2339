import cluster from 'node:cluster'
import { isMainThread } from 'node:worker_threads'
import type { LaneName } from '../../types/index.js'
import { isAlive } from './process-table.js'

/** The environment variable by which a worker knows its primary, in JSON: {@link WorkerMark}. */
export const WORKER_MARK = 'SHARED_FASTIFY_WORKER'

/** What the primary tells a worker before it starts. */
export interface WorkerMark {
  /** The primary's process id. */
  primary: number
  generation: number
  /** The number of its slot. */
  slot: number
  lane: LaneName
}

export type RoleFound =
  | { role: 'primary' }
  | { role: 'worker', mark: WorkerMark }
  | { role: 'standalone', why: string, asked: boolean }

/** Finds out which part this process plays. */
export function findRole (workers: number | 'auto'): RoleFound {
  const mark = findMark()
  if (mark !== undefined) return { role: 'worker', mark }
  if (workers === 0) return { role: 'standalone', why: 'workers is 0', asked: true }
  if (cluster.isWorker) {
    return { role: 'standalone', why: 'this process is a worker of another cluster, which shares its port already', asked: false }
  }
  if (!isMainThread) {
    return { role: 'standalone', why: 'a thread cannot fork workers', asked: false }
  }
  return { role: 'primary' }
}

/** Where this process is a worker: what its primary has told it. */
export function findMark (): WorkerMark | undefined {
  const mark = readMark()
  return cluster.isWorker && mark !== undefined && isOurs(mark) ? mark : undefined
}

/**
 * A process started by a worker inherits its environment: the mark counts only under its own primary. A worker whose primary has died
 * while it was loading has another parent by now, and is a worker all the same: that primary does not live.
 */
function isOurs ({ primary }: WorkerMark): boolean {
  return primary === process.ppid || !isAlive(primary)
}

function readMark (): WorkerMark | undefined {
  try {
    const mark = JSON.parse(process.env[WORKER_MARK] ?? '') as WorkerMark | null
    return Number.isInteger(mark?.primary) ? mark as WorkerMark : undefined
  } catch {
    return undefined // not set, or not by us
  }
}
