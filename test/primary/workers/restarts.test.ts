import t from 'tap'
import { Restarts } from '../../../lib/primary/workers/restarts.js'
import { FakeClock } from '../../fakes.js'

t.test('more crashes than the count within the time are too many', async t => {
  const clock = new FakeClock()
  const restarts = new Restarts({ count: 2, within: 1_000 }, clock)
  t.same([restarts.add(), restarts.add(), restarts.add()], [false, false, true])
})

t.test('crashes from before that time do not count', async t => {
  const clock = new FakeClock()
  const restarts = new Restarts({ count: 1, within: 1_000 }, clock)
  const seen = [1_001, 1_001, 1_000].map(time => {
    clock.advance(time)
    return restarts.add()
  })
  t.same(seen, [false, false, true])
})

t.test('with count 0 the first crash is too many, and without a count none is', async t => {
  const clock = new FakeClock()
  t.equal(new Restarts({ count: 0, within: 1 }, clock).add(), true)
  const unlimited = new Restarts({ within: 1_000_000 }, clock)
  for (let i = 0; i < 100; i++) t.equal(unlimited.add(), false)
})
