import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { appPath, command, fixturePath, perLane, request, start } from '../helper.js'

const STOPPED = { code: 0, signal: null }
const skip = process.getuid?.() !== 0
  ? 'only root may start workers as another user'
  : spawnSync('cat', [fixturePath('app.mjs')], idsOf('nobody')).status !== 0 && 'no other user may read these files'

function idsOf (user: string): { uid: number, gid: number } {
  const ask = (flag: string): number => Number(execFileSync('id', [flag, user], { encoding: 'utf8' }))
  return { uid: ask('-u'), gid: ask('-g') }
}

perLane(t, 'user: the workers run as the user with its group only, the primary as before', async (t, lane) => {
  const nobody = idsOf('nobody')
  const app = start(t, 'app.mjs', { options: { workers: 2, lane, user: 'nobody' } })
  const url = await app.url()
  t.same(JSON.parse((await request(`${url}/ids`)).body), { ...nobody, groups: [nobody.gid] })
  t.equal(statSync(`/proc/${app.pid}`).uid, 0)
  const [pid] = await app.workers(2) as [number]
  process.kill(pid, 'SIGKILL')
  await app.workers(3)
  process.kill(app.pid, 'SIGHUP')
  await app.event('reload-end')
  t.same(JSON.parse((await request(`${url}/ids`)).body), { ...nobody, groups: [nobody.gid] })
  t.same(await app.stop(), STOPPED)
  t.same(await app.leftBehind(), [])
}, { skip })

t.test('a socket file belongs to the user, has its mode, and is removed at the stop', { skip }, async t => {
  const folder = mkdtempSync(join(tmpdir(), 'sf-'))
  t.teardown(() => { rmSync(folder, { recursive: true }) })
  const path = join(folder, 's')
  const { uid } = idsOf('nobody')
  const app = command(t, [appPath('plugin.mjs'), '-n', '1', '-s', path, '--user', 'nobody', '--group', 'daemon', '--socket-mode', '660'])
  await app.workers(1)
  const { mode, uid: owner, gid } = statSync(path)
  t.same({ mode: mode & 0o777, owner, gid }, { mode: 0o660, owner: uid, gid: 1 })
  t.match(await request('http://localhost/', { socketPath: path }), { status: 200 })
  t.same(await app.stop(), STOPPED)
  t.throws(() => statSync(path), { code: 'ENOENT' })
})

t.test('socketMode alone does not need root', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'sf-'))
  t.teardown(() => { rmSync(folder, { recursive: true }) })
  const path = join(folder, 's')
  const app = start(t, 'app.mjs', { options: { workers: 1, socketMode: 0o600 }, listen: { path } })
  await app.workers(1)
  t.equal(statSync(path).mode & 0o777, 0o600)
})

t.test('a user that does not exist is one error, before anything is started: in the app, and in the command', async t => {
  const message = "Workers cannot run as another user or group: there is no user 'no-such-user'"
  const app = start(t, 'listen.mjs', { options: { workers: 1, user: 'no-such-user' } })
  t.match(await app.event('listen-error'), { err: { code: 'SHARED_PORT_ERR_USER' }, msg: message })
  const used = command(t, [appPath('plugin.mjs'), '-p', '0', '--user', 'no-such-user'])
  t.same(await used.ended, { code: 2, signal: null })
  t.equal(used.text, `error: ${message}\n`)
})

t.test('without root, changing the user is an error', { skip }, async t => {
  const app = start(t, 'listen.mjs', { options: { workers: 1, user: 'daemon' }, env: { UNPRIVILEGED: '1' } })
  t.match(await app.event('listen-error'), {
    err: { code: 'SHARED_PORT_ERR_USER' },
    msg: "Workers cannot run as another user or group: only root can switch to user 'daemon', and this process runs as user id 65534"
  })
})
