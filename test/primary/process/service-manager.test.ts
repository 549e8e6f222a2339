import { join } from 'node:path'
import t from 'tap'
import { loadAddon } from '../../../lib/lane/addon.js'
import { ServiceManager } from '../../../lib/primary/process/service-manager.js'
import { runtimeFolder } from '../../runtime-folder.js'
import { ServiceManager as Told } from '../../service-manager.js'
import { createLog } from '../../fakes.js'

t.test('an app that closes and listens again is not a stop, and after MAINPID nothing is said any more', async t => {
  const told = await new Told(t, join(runtimeFolder(t).env.TMPDIR, 'notify')).open()
  process.env['NOTIFY_SOCKET'] = told.name
  const { log } = createLog()
  let reload: { generation: number, replaced: number, workers: number } | null = null
  const manager = new ServiceManager()
  t.equal(manager.listens, true)
  manager.serve({ status: () => ({ workers: [], wanted: 1, reload }), log })

  for (let time = 0; time < 2; time++) {
    manager.starting()
    manager.ready()
    if (time === 0) manager.closed()
  }
  reload = { generation: 1, replaced: 0, workers: 1 }
  manager.reloading()
  manager.reloading() // when the first one has failed, and its caller does not know yet
  manager.reloaded(new Error('broken'))
  manager.reloaded()
  reload = null
  manager.closed()
  manager.reloading() // which cannot begin
  manager.reloaded(new Error('not now'))
  manager.mainPid(1)
  manager.stopping()
  await manager.end(1_000)
  const other = new ServiceManager() // of the same process: the environment is known
  other.serve({ status: () => ({ workers: [], wanted: 1, reload: null }), log })
  other.mainPid(2)

  await told.message('MAINPID', '2')
  t.same(told.told.map(({ fields: { EXTEND_TIMEOUT_USEC: _, MONOTONIC_USEC: __, ...fields } }) => fields), [
    { STATUS: 'starting: 0 of 1 worker ready' },
    { READY: '1', STATUS: '0 of 1 worker ready' },
    { STATUS: 'the app is not listening' },
    { STATUS: 'starting: 0 of 1 worker ready' },
    { READY: '1', STATUS: '0 of 1 worker ready' },
    { RELOADING: '1', STATUS: 'reloading: 0 of 1 worker replaced' },
    { RELOADING: '1', STATUS: 'reloading: 0 of 1 worker replaced' },
    { READY: '1', STATUS: '0 of 1 worker ready' },
    { STATUS: 'the app is not listening' },
    { MAINPID: '1' },
    { MAINPID: '2' }
  ])
})

t.test('the longest message arrives at the longest name', async t => {
  const told = await new Told(t, `@shared-fastify-${process.pid}-`.padEnd(108, 'a')).open()
  const status = 'a'.repeat(4_096 - 'STATUS='.length)
  t.equal(loadAddon().notify(told.name, `STATUS=${status}`), 0)
  t.same((await told.message('STATUS')).fields, { STATUS: status })
})
