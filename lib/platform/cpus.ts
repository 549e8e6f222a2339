import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'

/** The parts of the system that the count is read from. */
export interface System {
  parallelism (): number
  /** A file's text; throws where there is none. */
  read (path: string): string
}

const system: System = {
  parallelism: availableParallelism,
  read: path => readFileSync(path, 'utf8')
}

/**
 * How many CPUs this process may use: the smaller of its affinity and its cgroup's quota, rounded
 * up, at least 1; and how that was found.
 */
export function countCpus ({ parallelism, read }: System = system): { count: number, source: string } {
  const available = parallelism()
  const quota = cgroupQuota(read)
  if (quota !== undefined && Math.ceil(quota) < available) {
    return { count: Math.max(1, Math.ceil(quota)), source: `a cgroup quota of ${quota} CPUs` }
  }
  return { count: Math.max(1, available), source: `${available} available CPUs` }
}

/** The smallest CPU quota on the way from this process's cgroup to the root, in CPUs. */
function cgroupQuota (read: System['read']): number | undefined {
  const quotas = []
  for (const line of attempt(() => read('/proc/self/cgroup'))?.split('\n') ?? []) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? []
    if (path === undefined || controllers === undefined) continue
    const v2 = controllers === ''
    if (!v2 && !controllers.split(',').includes('cpu')) continue
    // A container sees its own cgroup at the mount's root, under whatever name it has outside.
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

// https://docs.kernel.org/scheduler/sched-bwc.html: cpu.cfs_quota_us is -1 where there is none
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
    return undefined // no such controller here
  }
}
