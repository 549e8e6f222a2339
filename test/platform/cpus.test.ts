import t from 'tap'
import { availableParallelism } from 'node:os'
import { countCpus, type System } from '../../lib/platform/cpus.js'

function system (cpus: number, files: Record<string, string> = {}): System {
  return {
    parallelism: () => cpus,
    read (path) {
      const text = files[path]
      if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
      return text
    }
  }
}

const table: Array<{ promise: string, cpus: number, files?: Record<string, string>, count: number, source: string }> = [
  {
    promise: 'without cgroups the affinity counts',
    cpus: 6,
    count: 6,
    source: '6 CPUs available'
  },
  {
    promise: 'v2: without a quota the affinity counts',
    cpus: 6,
    files: { '/proc/self/cgroup': '0::/app\n', '/sys/fs/cgroup/app/cpu.max': 'max 100000\n' },
    count: 6,
    source: '6 CPUs available'
  },
  {
    promise: 'v2: a quota below the affinity counts',
    cpus: 6,
    files: { '/proc/self/cgroup': '0::/app\n', '/sys/fs/cgroup/app/cpu.max': '200000 100000\n' },
    count: 2,
    source: 'cgroup quota of 2 CPUs'
  },
  {
    promise: 'v2: the period is not always 100 ms',
    cpus: 6,
    files: { '/proc/self/cgroup': '0::/app\n', '/sys/fs/cgroup/app/cpu.max': '150000 50000\n' },
    count: 3,
    source: 'cgroup quota of 3 CPUs'
  },
  {
    promise: 'v2: the smallest quota among the ancestors counts',
    cpus: 6,
    files: {
      '/proc/self/cgroup': '0::/pod/container/app\n',
      '/sys/fs/cgroup/pod/container/app/cpu.max': 'max 100000\n',
      '/sys/fs/cgroup/pod/container/cpu.max': '400000 100000\n',
      '/sys/fs/cgroup/pod/cpu.max': '200000 100000\n'
    },
    count: 2,
    source: 'cgroup quota of 2 CPUs'
  },
  {
    promise: "v2: in a container, the quota is at the mount's root, whatever the cgroup's path is outside",
    cpus: 6,
    files: { '/proc/self/cgroup': '0::/kubepods/pod7\n', '/sys/fs/cgroup/cpu.max': '300000 100000\n' },
    count: 3,
    source: 'cgroup quota of 3 CPUs'
  },
  {
    promise: 'v2: a path that leads out of the cgroup namespace does not cause an endless loop',
    cpus: 6,
    files: { '/proc/self/cgroup': '0::/../app\n', '/sys/fs/cgroup/cpu.max': '300000 100000\n' },
    count: 3,
    source: 'cgroup quota of 3 CPUs'
  },
  {
    promise: 'v1: a quota below the affinity counts',
    cpus: 6,
    files: {
      '/proc/self/cgroup': '5:memory:/app\n4:cpu,cpuacct:/app\n1:name=systemd:/\n',
      '/sys/fs/cgroup/cpu/app/cpu.cfs_quota_us': '400000\n',
      '/sys/fs/cgroup/cpu/app/cpu.cfs_period_us': '100000\n'
    },
    count: 4,
    source: 'cgroup quota of 4 CPUs'
  },
  {
    promise: 'v1: the name of a mount may contain all its controllers',
    cpus: 6,
    files: {
      '/proc/self/cgroup': '4:cpu,cpuacct:/app\n',
      '/sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_quota_us': '400000\n',
      '/sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_period_us': '100000\n'
    },
    count: 4,
    source: 'cgroup quota of 4 CPUs'
  },
  {
    promise: 'v1: -1 means no quota',
    cpus: 6,
    files: {
      '/proc/self/cgroup': '4:cpu:/app\n',
      '/sys/fs/cgroup/cpu/app/cpu.cfs_quota_us': '-1\n',
      '/sys/fs/cgroup/cpu/app/cpu.cfs_period_us': '100000\n'
    },
    count: 6,
    source: '6 CPUs available'
  },
  {
    promise: 'v1: a controller whose name merely begins with cpu is ignored',
    cpus: 6,
    files: {
      '/proc/self/cgroup': '4:cpuset:/app\n',
      '/sys/fs/cgroup/cpu/app/cpu.cfs_quota_us': '100000\n',
      '/sys/fs/cgroup/cpu/app/cpu.cfs_period_us': '100000\n'
    },
    count: 6,
    source: '6 CPUs available'
  },
  {
    promise: 'part of a CPU is rounded up',
    cpus: 6,
    files: { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': '120000 100000\n' },
    count: 2,
    source: 'cgroup quota of 1.2 CPUs'
  },
  {
    promise: 'the count is at least one, however small the quota',
    cpus: 6,
    files: { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': '1000 100000\n' },
    count: 1,
    source: 'cgroup quota of 0.01 CPUs'
  },
  {
    promise: 'the count is at least one, whatever the system reports',
    cpus: 0,
    count: 1,
    source: '0 CPUs available'
  },
  {
    promise: 'a quota above the affinity is ignored',
    cpus: 2,
    files: { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': '400000 100000\n' },
    count: 2,
    source: '2 CPUs available'
  }
]

for (const { promise, cpus, files, count, source } of table) {
  t.test(promise, async t => {
    t.same(countCpus(system(cpus, files)), { count, source })
  })
}

for (const garbage of ['', '\0\0', '\n\n', 'max', '0 100000', '200000 0', '-5 100000', 'NaN NaN', '1e999 1', 'all of them']) {
  t.test(`an invalid file is ignored: ${JSON.stringify(garbage)}`, async t => {
    const none = { count: 6, source: '6 CPUs available' }
    t.same(countCpus(system(6, { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': garbage })), none)
    t.same(countCpus(system(6, {
      '/proc/self/cgroup': '4:cpu:/\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': garbage,
      '/sys/fs/cgroup/cpu/cpu.cfs_period_us': garbage
    })), none)
    t.same(countCpus(system(6, { '/proc/self/cgroup': garbage, '/sys/fs/cgroup/cpu.max': '100000 100000\n' })), none)
  })
}

t.test('on this machine there is at least one CPU, and no more than Node reports', async t => {
  const { count } = countCpus()
  t.ok(Number.isInteger(count) && count >= 1 && count <= availableParallelism(), `${count}`)
})
