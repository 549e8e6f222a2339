import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'

/** The system interfaces from which the CPU count is read. */
export interface System {
  parallelism (): number
  /** Returns a file's text. Throws if the file does not exist. */
  read (path: string): string
}

const system: System = {
  parallelism: availableParallelism,
  read: path => readFileSync(path, 'utf8')
}

/**
 * Returns the number of CPUs that this process may use, and where that number comes from. It is the smaller
 * of the CPU affinity and the cgroup's CPU quota, rounded up, at least 1.
 */
export function countCpus ({ parallelism, read }: System = system): { count: number, source: string } {
  const available = parallelism()
  const quota = cgroupQuota(read)
  if (quota !== undefined && Math.ceil(quota) < available) {
    return { count: Math.max(1, Math.ceil(quota)), source: `cgroup quota of ${quota} ${quota === 1 ? 'CPU' : 'CPUs'}` }
  }
  return { count: Math.max(1, available), source: `${available} ${available === 1 ? 'CPU' : 'CPUs'} available` }
}

/** The smallest CPU quota, in CPUs, among this process's cgroup and its ancestors. */
function cgroupQuota (read: System['read']): number | undefined {
  const quotas = []
  for (const line of attempt(() => read('/proc/self/cgroup'))?.split('\n') ?? []) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? []
    if (path === undefined || controllers === undefined) continue
    const v2 = controllers === ''
    if (!v2 && !controllers.split(',').includes('cpu')) continue
    // A container sees its own cgroup at the root of the mount, whatever its path is outside.
    for (let at = path; ; at = dirname(at)) {
      quotas.push(...(v2 ? quotaV2(read, at) : quotaV1(read, controllers, at)))
      if (at === '/') break
    }
  }
  return quotas.length === 0 ? undefined : Math.min(...quotas)
}

// https://docs.kernel.org/admin-guide/cgroup-v2.html: cpu.max holds "$MAX $PERIOD" or "max $PERIOD"
function quotaV2 (read: System['read'], path: string): number[] {
  const [max, period] = attempt(() => read(join('/sys/fs/cgroup', path, 'cpu.max')))?.split(' ') ?? []
  return ratio(max, period)
}

// https://docs.kernel.org/scheduler/sched-bwc.html: cpu.cfs_quota_us is -1 if there is no quota
function quotaV1 (read: System['read'], controllers: string, path: string): number[] {
  return ['cpu', controllers].flatMap(mount => ratio(
    attempt(() => read(join('/sys/fs/cgroup', mount, path, 'cpu.cfs_quota_us'))),
    attempt(() => read(join('/sys/fs/cgroup', mount, path, 'cpu.cfs_period_us')))))
}

function ratio (quota: string | undefined, period: string | undefined): number[] {
  const cpus = Number(quota) / Number(period)
  return cpus > 0 && Number.isFinite(cpus) ? [cpus] : []
}

function attempt<T> (run: () => T): T | undefined {
  try {
    return run()
  } catch {
    return undefined // the controller is not mounted here
  }
}
