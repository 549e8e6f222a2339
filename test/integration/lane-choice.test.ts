import t from 'tap'
import { appPath, command, hooked, start, whoServes } from '../helper.js'

const [major] = process.versions.node.split('.').map(Number) as [number]
const permission = [
  major < 23 ? '--experimental-permission' : '--permission',
  '--allow-fs-read=*', '--allow-fs-write=*', '--allow-child-process', ...(major >= 25 ? ['--allow-net'] : [])
]

const refusals = { 'under --no-addons': ['--no-addons'], 'under --permission': permission }

t.test('lane auto is the native one if it loads', async t => {
  const app = start(t, 'app.mjs', { options: { workers: 1 }, env: { LEVEL: 'debug' } })
  await whoServes(await app.url())
  t.match(await app.event('lane'), { lane: 'native' })
})

for (const [where, execArgv] of Object.entries(refusals)) {
  t.test(`lane auto is the ipc one ${where}, and one line has the reason`, async t => {
    const app = start(t, 'app.mjs', { options: { workers: 2 }, execArgv })
    await whoServes(await app.url())
    t.match(app.lines.filter(({ event }) => event === 'lane'), [{ level: 30, lane: 'ipc', reason: /addons is disabled/ }])
    t.same(await app.stop(), { code: 0, signal: null })
  })

  t.test(`lane native is an error ${where}, and no worker starts`, async t => {
    const app = start(t, 'listen.mjs', { options: { workers: 2, lane: 'native' }, execArgv })
    t.match((await app.event('listen-error')).err, { code: 'SHARED_PORT_ERR_LANE', message: /^The native lane is not available: .*addons is disabled/ })
    await app.ended
    t.same(await app.leftBehind(), [])
  })
}

t.test('lane auto is the ipc one if the addon loads, but lacks the permissions', async t => {
  const app = start(t, 'app.mjs', { ...hooked, options: { workers: 1 }, execArgv: ['--import', appPath('../refused-addon.mjs')] })
  await whoServes(await app.url())
  t.match(await app.event('lane'), { lane: 'ipc', reason: /EPERM/ })
})

t.test('the command logs in one line that there is no native lane', async t => {
  const app = command(t, [appPath('plugin.mjs'), '-n', '1', '-p', '0', '--lane', 'native'], { ...hooked, execArgv: ['--no-addons'] })
  t.same(await app.ended, { code: 1, signal: null })
  t.match(app.text, /^error: The native lane is not available: .*\n$/)
})
