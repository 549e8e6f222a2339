import t from 'tap'
import { connections, FakeWorker } from '../../fakes.js'

const named = (frame: { connections: readonly unknown[] } | undefined): string[] | undefined => frame?.connections.map(String)

t.test('a worker has credit while it has no un-acked frame', async t => {
  const worker = new FakeWorker(1)
  t.ok(worker.hasCredit)
  t.ok(worker.send('key', connections('1 2'), 0))
  t.notOk(worker.hasCredit)
  t.same(named(worker.settle(worker.ack())), ['1', '2'])
  t.ok(worker.hasCredit)
})

t.test('a failed send only costs the credit, which a retry returns', async t => {
  const worker = new FakeWorker(1)
  worker.wire.works = false
  t.notOk(worker.send('key', connections('1'), 0))
  t.notOk(worker.hasCredit)
  t.equal(worker.frame, null)
  t.match(worker.stats(), { handedOff: 0, unacked: 0 })
  worker.wire.works = true
  worker.retry()
  t.ok(worker.hasCredit)
  worker.send('key', connections('1'), 0)
  t.equal(worker.wire.last.number, 1)
})

t.test('a frame that the worker has not received is taken back, and a probe holds its credit until it answers', async t => {
  const worker = new FakeWorker(1)
  let settled = 0
  worker.send('key', connections('1 2'), 5)
  worker.whenSettled(() => { settled++ })
  const frame = worker.takeBack()
  t.same(named(frame), ['1', '2'])
  t.equal(frame?.sentAt, 5)
  t.equal(settled, 1, 'no connection is un-acked')
  t.notOk(worker.hasCredit)
  t.same(worker.dealt, [['1', '2'], []])
  t.equal(worker.takeBack(), undefined, 'nor is a probe taken back')
  t.equal(worker.settle({ number: frame?.number as number, refused: [], leaving: false }), undefined, 'an ack of a frame that was taken back settles nothing')
  worker.settle(worker.ack())
  t.ok(worker.hasCredit)
  t.match(worker.stats(), { handedOff: 2, takenBack: 2, accepted: 0, unacked: 0 })
})

t.test('a frame that the worker has received is not taken back, and not tried again', async t => {
  const worker = new FakeWorker(1)
  t.equal(worker.takeBack(), undefined, 'nothing was sent')
  worker.send('key', connections('1'), 0)
  worker.wire.received = true
  t.equal(worker.takeBack(), undefined)
  t.equal(worker.frame?.received, true)
  worker.wire.received = false
  t.equal(worker.takeBack(), undefined)
  worker.settle(worker.ack())
  t.match(worker.stats(), { accepted: 1, takenBack: 0 })
})

t.test('an ack settles only the frame with its number, and only once', async t => {
  const worker = new FakeWorker(1)
  t.equal(worker.settle({ number: 1, refused: [], leaving: false }), undefined, 'before any frame')
  worker.send('key', connections('1'), 0)
  t.equal(worker.settle({ number: 2, refused: [], leaving: false }), undefined, 'of a frame to come')
  t.equal(worker.settle({ number: 0, refused: [], leaving: false }), undefined)
  t.notOk(worker.hasCredit)
  const ack = worker.ack()
  t.ok(worker.settle(ack))
  t.equal(worker.settle(ack), undefined, 'a second time')
  worker.send('key', connections('2'), 0)
  t.equal(worker.settle(ack), undefined, 'of the frame before')
  t.match(worker.stats(), { accepted: 1, refused: 0, unacked: 1 })
})

t.test('an ack that refuses connections beyond its frame settles nothing, and no count decreases', async t => {
  const worker = new FakeWorker(1)
  worker.send('key', connections('1 2'), 0)
  t.equal(worker.settle(worker.ack([0, 2])), undefined)
  t.equal(worker.settle(worker.ack(Array.from({ length: 64 }, (_, place) => place))), undefined)
  t.match(worker.stats(), { accepted: 0, refused: 0, unacked: 2 })
  worker.takeBack()
  t.equal(worker.settle(worker.ack([0])), undefined, 'nor does one that refuses connections that a probe does not have')
  t.notOk(worker.hasCredit)
  t.ok(worker.settle(worker.ack()))
})

t.test('its counts show what became of the connections that it was sent', async t => {
  const worker = new FakeWorker(7)
  worker.send('key', connections('1 2 3'), 0)
  t.same(worker.stats(), { id: 7, slot: 7, pid: 1007, age: 0, restarts: 0, handedOffRate: 0, requestRate: 0, state: 'starting', generation: 0, handedOff: 3, accepted: 0, refused: 0, takenBack: 0, returned: { drain: 0, time: 0, rescue: 0 }, unacked: 3, open: 0, requests: 0, rss: 0, utilization: 0, delay: 0, stalls: 0, saturated: false, handshakes: { full: 0, resumed: 0 } })
  worker.settle(worker.ack([0, 2]))
  worker.state = 'ready'
  worker.report(5, 1)
  t.same(worker.stats(), { id: 7, slot: 7, pid: 1007, age: 0, restarts: 0, handedOffRate: 0, requestRate: 0, state: 'ready', generation: 0, handedOff: 3, accepted: 1, refused: 2, takenBack: 0, returned: { drain: 0, time: 0, rescue: 0 }, unacked: 0, open: 5, requests: 0, rss: 0, utilization: 0, delay: 0, stalls: 0, saturated: false, handshakes: { full: 0, resumed: 0 } })
})

t.test('whenSettled calls back at once if nothing is un-acked, or at the ack, and once', async t => {
  const worker = new FakeWorker(1)
  let calls = 0
  const run = (): void => { calls++ }
  worker.whenSettled(run)
  t.equal(calls, 1)
  worker.send('key', connections('1'), 0)
  worker.whenSettled(run)
  worker.whenSettled(run)
  worker.settle({ number: 99, refused: [], leaving: false })
  t.equal(calls, 1)
  worker.settle(worker.ack())
  t.equal(calls, 3)
  worker.send('key', connections('2'), 0)
  worker.settle(worker.ack())
  t.equal(calls, 3)
})

t.test('a dead worker returns its open frame, and the connections that it had not taken; its wire is closed after that', async t => {
  const worker = new FakeWorker(1)
  worker.send('key', connections('1 2 3'), 0)
  worker.wire.taken = [1]
  const open = worker.end()
  t.same(named(open?.frame), ['1', '2', '3'])
  t.same(open?.untaken.map(String), ['1', '3'])
  t.equal(worker.wire.closed, 0)
  worker.close()
  t.equal(worker.wire.closed, 1)
})

t.test('a dead worker with nothing un-acked returns nothing', async t => {
  const worker = new FakeWorker(1)
  worker.send('key', connections('1'), 0)
  worker.settle(worker.ack())
  t.equal(worker.end(), undefined)
})

t.test('an ack of a dead worker settles nothing, and its whenSettled callbacks are not called', async t => {
  const worker = new FakeWorker(1)
  worker.whenSettled(() => {})
  worker.send('key', connections('1'), 0)
  worker.whenSettled(() => { t.fail('called') })
  worker.end()
  t.equal(worker.settle(worker.ack()), undefined)
  worker.send('key', connections('2'), 0)
  t.ok(worker.settle(worker.ack()))
})

t.test('messages go to its channel, and signals to its process', async t => {
  const worker = new FakeWorker(1)
  worker.tell({ type: 'left', key: 'a' })
  worker.kill('SIGTERM')
  t.match(worker.child.channel.sent, [{ message: { type: 'left', key: 'a' }, handle: undefined }])
  t.same(worker.child.signals, ['SIGTERM'])
})

t.test('sending to a closed channel is not an error', async t => {
  const worker = new FakeWorker(1)
  worker.child.channel.close()
  t.doesNotThrow(() => { worker.tell({ type: 'left', key: 'a' }) })
})
