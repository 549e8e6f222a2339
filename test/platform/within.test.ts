import t from 'tap'
import { within } from '../../lib/platform/within.js'

t.test('returns whether a promise is fulfilled in time, throws its rejection, and leaves no timer', async t => {
  const timers = (): number => process.getActiveResourcesInfo().filter(type => type === 'Timeout').length
  const before = timers()
  t.equal(await within(600_000, Promise.resolve()), true)
  await t.rejects(within(600_000, Promise.reject(new Error('failed'))), { message: 'failed' })
  t.equal(timers(), before)
  t.equal(await within(0, new Promise(() => {})), false)
})
