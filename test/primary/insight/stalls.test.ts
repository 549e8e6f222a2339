import t from 'tap'
import { Stalls } from '../../../lib/primary/insight/stalls.js'
import type { Stall } from '../../../lib/protocol.js'
import { createLog, FakeClock, FakeWorker } from '../../fakes.js'

function create () {
  const clock = new FakeClock()
  const { log, lines } = createLog()
  const stalls = new Stalls({ clock, log })
  return {
    clock,
    stalls,
    lines,
    told: () => lines.map(({ workerId, duration, more }) => [workerId, duration, more]),
    /** The worker reports a stall, and `more` that were not longer. */
    add (worker: FakeWorker, stall: Stall, more = 0) {
      worker.stalls += 1 + more
      stalls.add(worker, stall.requests === undefined ? { route: 'GET /', ...stall } : stall)
    }
  }
}

t.test('a stall is logged with the handler that was running', async t => {
  const { add, lines } = create()
  add(new FakeWorker(3), { duration: 812, route: 'GET /report/:id' })
  t.match(lines, [{ event: 'stall', level: 40, workerId: 3, workerPid: 1003, duration: 812, route: 'GET /report/:id', more: 0, msg: 'worker 3: event loop blocked for 812 ms in GET /report/:id' }])
  t.notOk('requests' in (lines[0] as object))
})

t.test('a stall is logged with the requests that may have caused it, or without a cause', async t => {
  const { add, lines } = create()
  add(new FakeWorker(1), { duration: 60, requests: ['GET /a', 'POST /b'] })
  add(new FakeWorker(2), { duration: 70, requests: [] })
  t.match(lines, [
    { requests: ['GET /a', 'POST /b'], msg: 'worker 1: event loop blocked for 60 ms, possibly in GET /a or POST /b' },
    { requests: [], msg: 'worker 2: event loop blocked for 70 ms' }
  ])
  for (const line of lines) t.notOk('route' in line)
})

t.test('a short stall without a known cause is logged at debug level, and does not delay a more important line', async t => {
  const { add, lines, clock } = create()
  const worker = new FakeWorker(1)
  add(worker, { duration: 999, requests: [] })
  add(worker, { duration: 60, route: 'GET /' })
  add(new FakeWorker(2), { duration: 1_000, requests: [] })
  t.same(lines.map(({ level, duration }) => [level, duration]), [[20, 999], [40, 60], [40, 1_000]])
  t.equal(clock.waiting.length, 2)
})

t.test('format characters in a name are kept as they are', async t => {
  const { add, lines } = create()
  add(new FakeWorker(1), { duration: 60, route: 'GET /%s%d' })
  t.match(lines, [{ msg: 'worker 1: event loop blocked for 60 ms in GET /%s%d' }])
})

t.test('of the stalls within the next 10 seconds, the longest is logged when they are over, with the number of the others', async t => {
  const { add, clock, told, lines } = create()
  const worker = new FakeWorker(1)
  add(worker, { duration: 100 })
  clock.advance(1_000)
  add(worker, { duration: 60 })
  add(worker, { duration: 5_000, route: 'GET /slow' }, 2)
  add(worker, { duration: 70 })
  clock.advance(8_999)
  t.same(told(), [[1, 100, 0]])
  clock.advance(1)
  t.same(told(), [[1, 100, 0], [1, 5_000, 4]])
  t.equal(lines[1]?.msg, 'worker 1: event loop blocked for 5000 ms in GET /slow; 4 more stalls since this was last logged')
  add(worker, { duration: 80 })
  clock.advance(9_999)
  t.equal(lines.length, 2, 'that one was logged too')
  clock.advance(1)
  t.same(told().slice(2), [[1, 80, 0]])
})

t.test('a stall after 10 quiet seconds is logged at once', async t => {
  const { add, clock, told } = create()
  const worker = new FakeWorker(1)
  add(worker, { duration: 100 })
  clock.advance(10_000)
  t.same(clock.waiting, [])
  add(worker, { duration: 60 }, 1)
  t.same(told(), [[1, 100, 0], [1, 60, 1]])
})

t.test('each worker has its own 10 seconds', async t => {
  const { add, told } = create()
  add(new FakeWorker(1), { duration: 100 })
  add(new FakeWorker(2), { duration: 60 })
  t.same(told(), [[1, 100, 0], [2, 60, 0]])
})

t.test('a stall that was not logged yet is logged when the worker exits, and no timer is left', async t => {
  const { add, stalls, clock, told } = create()
  const [worker, other, third] = [new FakeWorker(1), new FakeWorker(2), new FakeWorker(3)]
  add(worker, { duration: 100 })
  add(worker, { duration: 200 }, 1)
  add(other, { duration: 50 })
  for (const ended of [worker, other, third]) stalls.forget(ended)
  t.same(told(), [[1, 100, 0], [2, 50, 0], [1, 200, 1]])
  t.same(clock.waiting, [])
})

t.test('a worker whose count decreases causes no negative numbers', async t => {
  const { stalls, told } = create()
  stalls.add(new FakeWorker(1), { duration: 100 })
  t.same(told(), [[1, 100, 0]])
})
