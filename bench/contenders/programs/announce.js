import net from 'node:net'
import { isMainThread, threadId } from 'node:worker_threads'

/** What tells this worker from the others: its pid, and its thread if workers are threads of one process. */
export const worker = isMainThread ? `${process.pid}` : `${process.pid}, thread ${threadId}`

/**
 * Tells the harness that this contender has a process, or a thread, with this role.
 * @param {'primary' | 'worker'} role
 */
export function announce (role, pid = process.pid) {
  net.connect(process.env.BENCH_ANNOUNCE).end(JSON.stringify({ role, pid, worker }))
}
