import { EventEmitter, once } from 'node:events'
import type { FastifyBaseLogger } from 'fastify'
import t from 'tap'
import { safeLog } from '../../lib/fastify/safe-log.js'

t.test('exceptions and rejections of a logger are contained, and cause one warning', async t => {
  const warnings: Error[] = []
  const warned = new EventEmitter()
  process.on('warning', warning => { // Node warns of test runners' loaders, too
    if (warning.name !== 'SharedFastifyWarning') return
    warnings.push(warning)
    warned.emit('ours')
  })
  const log = safeLog({
    info () { throw new Error('the disk is full') },
    async warn () { throw new Error('the collector is gone') }
  } as unknown as FastifyBaseLogger)
  log.info({ event: 'drain' }, 'a line')
  log.warn({ event: 'drain' }, 'a line')
  log.error({ event: 'drain' }, 'a logger without this method')
  await once(warned, 'ours')
  await new Promise(setImmediate)
  t.match(warnings, [{ message: /the disk is full/ }])
  t.equal(warnings.length, 1)
})

t.test("a line goes to the logger's current method, with all arguments", async t => {
  const lines: unknown[][] = []
  const log = { info () { t.fail('replaced') } }
  const guarded = safeLog(log as unknown as FastifyBaseLogger)
  log.info = function (this: unknown, ...args: unknown[]) {
    t.equal(this, log)
    lines.push(args)
  }
  guarded.info({ event: 'stop' }, 'in %d ms', 5)
  t.same(lines, [[{ event: 'stop' }, 'in %d ms', 5]])
})
