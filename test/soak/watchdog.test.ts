import t, { type Test } from 'tap'
import { FakeClock } from '../fakes.js'
import { Watchdog, type WatchdogParts } from './watchdog.js'

/** Lets this many seconds pass, and resolves with what the watchdog says, if anything. */
async function pass (t: Test, seconds: number, parts: Partial<WatchdogParts>): Promise<string | undefined> {
  const clock = new FakeClock()
  const watchdog = new Watchdog({ limit: Infinity, loaded: () => true, answeredAt: () => 0, readyWorkers: () => 4, clock, ...parts })
  let said: string | undefined
  watchdog.bite.catch((err: Error) => { said = err.message })
  for (let i = 0; i < seconds; i++) clock.advance(1_000)
  await new Promise(setImmediate)
  watchdog.end()
  t.same(clock.waiting, [])
  return said
}

t.test('no answer for half a minute while workers are ready is a stall', async t => {
  t.match(await pass(t, 32, {}), /stalls: no answer for 31000 ms, 4 workers are ready/)
  t.equal(await pass(t, 29, {}), undefined)
})

t.test('without ready workers, the limit is longer', async t => {
  t.equal(await pass(t, 59, { readyWorkers: () => 0 }), undefined)
  t.match(await pass(t, 62, { readyWorkers: () => 0 }), /stalls/)
})

t.test('without requests, missing answers are no stall', async t => {
  t.equal(await pass(t, 100, { loaded: () => false }), undefined)
})

t.test('the whole run has a limit', async t => {
  t.match(await pass(t, 102, { limit: 100_000, loaded: () => false }), /not done after 100000 ms/)
})
