import net from 'node:net'

/**
 * Tells the harness that this contender has a process with this role.
 * @param {'primary' | 'worker'} role
 */
export function announce (role, pid = process.pid) {
  net.connect(process.env.BENCH_ANNOUNCE).end(JSON.stringify({ role, pid }))
}
