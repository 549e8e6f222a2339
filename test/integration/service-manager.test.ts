import { spawnSync } from 'node:child_process'
import { chmodSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { appPath, command, hooked, request, start, whoServes } from '../helper.js'
import { startReloadable } from '../reloadable.js'
import { runtimeFolder } from '../runtime-folder.js'
import { ServiceManager } from '../service-manager.js'

// What a service manager such as systemd is told: sd_notify(3). The test plays it.

const STOPPED = { code: 0, signal: null }

/** Sends its arguments in one message, as systemd-notify(1) does. */
const PROGRAM = `#!/usr/bin/env python3
import os, socket, sys
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto('\\n'.join(sys.argv[1:]).encode(), os.environ['NOTIFY_SOCKET'])
`

t.test('the primary itself tells the service manager of the start, a crash, a reload and the stop', async t => {
  const { env: { TMPDIR: folder } } = runtimeFolder(t)
  const manager = await new ServiceManager(t, join(folder, 'notify')).open()
  const app = command(t, [appPath('environment.mjs'), '-n', '2', '-p', '0'], { ...hooked, env: { NOTIFY_SOCKET: manager.name, WATCHDOG_USEC: '200000' } })

  t.match(await manager.message('READY'), { fields: { READY: '1', STATUS: '2 workers ready' } })
  t.match(manager.told.find(({ fields }) => 'STATUS' in fields), { fields: { STATUS: 'starting: 0 of 2 workers ready', EXTEND_TIMEOUT_USEC: /^\d+$/ } })
  t.same(JSON.parse((await request(`${await app.url()}/environment`)).body), [], 'the variables do not reach the workers')

  const [worker] = await app.workers(2) as [number]
  const crash = manager.told.length
  process.kill(worker, 'SIGKILL')
  await manager.message('STATUS', '1 of 2 workers ready', crash)
  await manager.message('STATUS', '2 workers ready', crash)

  const reload = manager.told.length
  const sent = process.hrtime.bigint() / 1_000n
  process.kill(app.pid, 'SIGHUP')
  const { fields } = await manager.message('RELOADING', '1', reload)
  t.ok(BigInt(fields['MONOTONIC_USEC'] as string) >= sent, 'its time is after the signal')
  t.match(fields, { STATUS: 'reloading: 0 of 2 workers replaced', EXTEND_TIMEOUT_USEC: /^\d+$/ })
  await manager.message('STATUS', 'reloading: 1 of 2 workers replaced', reload)
  t.match(await manager.message('READY', '1', reload), { fields: { STATUS: '2 workers ready' } })

  await manager.message('WATCHDOG', '1', manager.told.length)
  t.same(await app.stop(), STOPPED)
  t.match(await manager.message('STOPPING'), { fields: { STATUS: 'stopping: 2 workers left' } })
  t.same(manager.states, ['READY', 'RELOADING', 'READY', 'STOPPING'])
  t.same([...new Set(manager.told.map(({ pid }) => pid))], [app.pid], 'NotifyAccess=main accepts them')
})

t.test('a plugin\'s primary tells the same, at an abstract name, and its environment loses the variables', async t => {
  const manager = await new ServiceManager(t, `@shared-fastify-test-${process.pid}`).open()
  const app = start(t, 'environment.mjs', { options: { workers: 1 }, env: { NOTIFY_SOCKET: manager.name, WATCHDOG_USEC: '200000', WATCHDOG_PID: '1' } })
  t.match(await manager.message('READY'), { pid: app.pid, fields: { STATUS: '1 worker ready' } })
  t.same(JSON.parse((await request(`${await app.url()}/environment`)).body), [])
  t.same((await app.event('environment')).names, [])
  t.same(await app.stop(), STOPPED)
  await manager.message('STOPPING')
  t.same(manager.told.filter(({ fields }) => 'WATCHDOG' in fields), [], 'the watchdog of another process is not served')
})

t.test('a reload that is aborted ends for the service manager too, and the status has the reason', async t => {
  const { env: { TMPDIR: folder } } = runtimeFolder(t)
  const manager = await new ServiceManager(t, join(folder, 'notify')).open()
  const { app, become } = startReloadable(t, { workers: 1 }, { env: { NOTIFY_SOCKET: manager.name } })
  await manager.message('READY')
  become('hang')
  process.kill(app.pid, 'SIGHUP')
  await app.event('hangs')
  become('fail')
  const from = manager.told.length
  process.kill(app.pid, 'SIGHUP') // during the first one: a service manager waits for an answer to this signal, too
  await manager.message('RELOADING', '1', from)
  t.match(await manager.message('READY', '1', from), { fields: { STATUS: /^1 worker ready; the last reload was aborted: Worker \d exited with code 1 before it was ready$/ } })
  t.same(manager.states, ['READY', 'RELOADING', 'RELOADING', 'READY'])
  t.same(await app.stop(), STOPPED)
})

t.test('a socket that nobody reads does not block: the server serves, and the service manager learns the state when it reads', async t => {
  const { env: { TMPDIR: folder } } = runtimeFolder(t)
  const manager = await new ServiceManager(t, join(folder, 'notify'), { full: true }).open()
  const app = command(t, [appPath('plugin.mjs'), '-n', '1', '-p', '0'], { env: { NOTIFY_SOCKET: manager.name, WATCHDOG_USEC: '20000' } })
  await whoServes(await app.url())
  t.match(await app.event('notify-error'), { level: 40, err: { code: 'EAGAIN' } })
  process.kill(app.pid, 'SIGHUP')
  await app.event('reload-end')
  await whoServes(await app.url())
  t.same(app.lines.filter(({ event }) => event === 'notify-error').length, 1, 'the log has one line')
  manager.read()
  await manager.message('RELOADING')
  await manager.message('READY', '1', manager.told.findIndex(({ fields }) => 'RELOADING' in fields))
  t.same(await app.stop(), STOPPED)
  await manager.message('STOPPING')
  t.same(manager.states, ['READY', 'RELOADING', 'READY', 'STOPPING'], 'in order')
})

for (const [name, said] of [
  ['/nowhere/notify', /^cannot tell the service manager \(NOTIFY_SOCKET\): sendto ENOENT/],
  ['vsock:2:1234', /^NOTIFY_SOCKET is 'vsock:2:1234', which is not supported: it takes a path that begins with \/, or an abstract name that begins with @$/]
] as const) {
  t.test(`NOTIFY_SOCKET=${name} costs one line in the log`, async t => {
    const app = command(t, [appPath('plugin.mjs'), '-n', '1', '-p', '0'], { env: { NOTIFY_SOCKET: name, WATCHDOG_USEC: '20000' } })
    await whoServes(await app.url())
    t.same(await app.stop(), STOPPED)
    t.match(app.lines.filter(({ event }) => event === 'notify-error'), [{ level: 40, msg: said }])
  })
}

const programs = {
  'a program of that name': false,
  'Debian\'s own': spawnSync('systemd-notify', ['--version']).error !== undefined && 'it is not installed'
} as const

for (const [which, skip] of Object.entries(programs)) {
  t.test(`without the addon, systemd-notify tells it: ${which}`, { skip }, async t => {
    const { env: { TMPDIR: folder } } = runtimeFolder(t)
    const manager = await new ServiceManager(t, join(folder, 'notify')).open()
    if (which === 'a program of that name') {
      writeFileSync(join(folder, 'systemd-notify'), PROGRAM)
      chmodSync(join(folder, 'systemd-notify'), 0o755)
    }
    const app = command(t, [appPath('plugin.mjs'), '-n', '1', '-p', '0'], { ...hooked, execArgv: ['--no-addons'], env: { NOTIFY_SOCKET: manager.name, PATH: `${folder}:${process.env['PATH']}` } })
    t.match(await manager.message('READY'), { fields: { STATUS: '1 worker ready' } })
    process.kill(app.pid, 'SIGHUP')
    await manager.message('RELOADING')
    await app.event('reload-end')
    t.same(await app.stop(), STOPPED)
    await manager.message('STOPPING')
    t.same(manager.states, ['READY', 'RELOADING', 'READY', 'STOPPING'], 'in order')
    t.same(app.lines.filter(({ event }) => event === 'notify-error'), [])
  })
}

t.test('without the addon and without systemd-notify, one line says so', async t => {
  const { env: { TMPDIR: folder } } = runtimeFolder(t)
  const manager = await new ServiceManager(t, join(folder, 'notify')).open()
  symlinkSync('/usr/bin/env', join(folder, 'env')) // which starts the app
  const app = command(t, [appPath('plugin.mjs'), '-n', '1', '-p', '0'], { execArgv: ['--no-addons'], env: { NOTIFY_SOCKET: manager.name, PATH: folder } })
  t.match(await app.event('notify-error'), { level: 40, msg: /spawn systemd-notify ENOENT/ })
  await whoServes(await app.url())
  t.same(await app.stop(), STOPPED)
  t.equal(app.lines.filter(({ event }) => event === 'notify-error').length, 1)
})
