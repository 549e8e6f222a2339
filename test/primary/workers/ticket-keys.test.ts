import t from 'tap'
import { TicketKeys } from '../../../lib/primary/workers/ticket-keys.js'
import { createLog, FakeClock } from '../../fakes.js'
import type { Line } from '../../helper.js'

function create (lifetime: number): { keys: TicketKeys, clock: FakeClock, told: Array<readonly string[]>, lines: Line[] } {
  const clock = new FakeClock()
  const { log, lines } = createLog()
  const told: Array<readonly string[]> = []
  const keys: TicketKeys = new TicketKeys({ lifetime, changed: () => { told.push(keys.all) }, clock, log })
  return { keys, clock, told, lines }
}

t.test('a key is in use for its lifetime, is accepted for as long again, and then forgotten', async t => {
  const { keys, clock, told } = create(1_000)
  const [first, ...others] = keys.all
  t.same(others, [])
  t.equal(Buffer.from(first as string, 'base64').length, 48)
  keys.start()
  clock.advance(999)
  t.same(told, [])
  clock.advance(1)
  const [second] = keys.all
  t.same(keys.all, [second, first])
  t.not(second, first)
  clock.advance(1_000)
  t.same(keys.all.slice(1), [second])
  t.same(told, [[second, first], keys.all])
})

t.test('nothing changes before start or after stop, and no timer is left', async t => {
  const { keys, clock, told } = create(1_000)
  t.same(clock.waiting, [])
  keys.start()
  clock.advance(1_500)
  keys.stop()
  t.same(clock.waiting, [])
  clock.advance(10_000)
  t.equal(told.length, 1)
  t.doesNotThrow(() => { keys.stop() })
})

t.test('with a lifetime of 0 the first key stays', async t => {
  const { keys, clock } = create(0)
  keys.start()
  t.same(clock.waiting, [])
  t.equal(keys.all.length, 1)
})

t.test('the log says that there is a new key, without any part of it', async t => {
  const { keys, clock, lines } = create(1_000)
  keys.start()
  clock.advance(1_000)
  t.match(lines, [{ level: 20, event: 'ticket-keys' }])
  for (const key of keys.all) t.notOk(JSON.stringify(lines).includes(key.slice(0, 8)))
})
