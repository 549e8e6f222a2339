import t from 'tap'
import type { Returned } from '../../../lib/lane.js'
import type { Held } from '../../../lib/primary/dealing/held.js'
import { Returns } from '../../../lib/primary/dealing/returns.js'
import type { ToWorker } from '../../../lib/protocol.js'
import { connections, FakeWorker } from '../../fakes.js'

/** Two workers that serve the key k, and were sent four connections each. */
function create (most = 100) {
  const workers = [new FakeWorker(1), new FakeWorker(2)] as const
  for (const worker of workers) {
    worker.send('k', connections('1 2 3 4'), 0)
    worker.settle(worker.ack())
  }
  const all = new Set<unknown>()
  const broken: Array<[number, string]> = []
  const told: ToWorker[] = []
  const held = { add: ({ connection }: Returned) => { all.add(connection) } } as unknown as Held
  const returns = new Returns({
    heldOf: (worker, key) => key === 'k' ? held : undefined,
    held: () => all.size,
    most,
    tell: message => { told.push(message) },
    broken: (worker, err) => { broken.push([worker.id, err.message]) }
  })
  const take = (worker: FakeWorker, names: string, key = 'k') => {
    const returned = connections(names)
    returns.take(worker, key, 'time', returned.map(connection => ({ connection, left: 1_000 })))
    return returned
  }
  return { workers, all, broken, told, returns, take }
}

t.test('what a worker returns is held, and counted by its reason', async t => {
  const { workers: [a, b], all, broken, returns, take } = create()
  take(a, '1 2')
  returns.take(a, 'k', 'drain', connections('3').map(connection => ({ connection, left: 0 })))
  take(b, '4')
  t.equal(all.size, 4)
  t.same(a.counts.returned, { drain: 1, time: 2, rescue: 0 })
  t.same(b.counts.returned, { drain: 0, time: 1, rescue: 0 })
  t.same(broken, [])
})

t.test('a worker that returns more than it was sent is broken, and its connections are closed', async t => {
  const { workers: [a, b], all, broken, take } = create()
  take(a, '1 2 3')
  const more = take(a, '4 5')
  t.same(broken, [[1, 'it returned more connections than it was sent']])
  t.same(more.map(({ closed }) => closed), [1, 1])
  t.equal(all.size, 3, 'what came before is held')
  take(b, '6 7 8 9')
  t.equal(all.size, 7)
})

t.test('connections that it refused, or that were taken back, do not count as sent', async t => {
  const { workers: [a], broken, take } = create()
  a.send('k', connections('5 6'), 0)
  a.takeBack()
  a.settle(a.ack())
  a.send('k', connections('7 8'), 0)
  a.settle(a.ack([0]))
  take(a, '1 2 3 4 8')
  t.same(broken, [])
  take(a, '9')
  t.same(broken.length, 1)
})

t.test('a worker that returns a connection of a key that it does not serve is broken', async t => {
  const { workers: [a], all, broken, take } = create()
  const [wrong] = take(a, '1', 'other')
  t.same(broken, [[1, 'it returned a connection of other, which it does not serve']])
  t.same([wrong?.closed, all.size], [1, 0])
})

t.test('while too many are held, the workers keep theirs; those on their way are held all the same', async t => {
  const { workers: [a, b], all, told, returns, take } = create(4)
  take(a, '1 2 3')
  t.same(told, [])
  take(b, '4')
  t.same(told, [{ type: 'returns', allowed: false }])
  take(b, '5')
  t.equal(all.size, 5)
  t.equal(told.length, 1, 'once')
  all.clear()
  for (const place of [1, 2, 3]) all.add(place)
  returns.check()
  t.equal(told.length, 1, 'until half of them are gone')
  all.delete(1)
  returns.check()
  t.same(told.at(-1), { type: 'returns', allowed: true })
  take(a, '6')
  t.equal(told.length, 2)
})

t.test('a worker that joins is told, if it must keep its connections', async t => {
  const { workers: [a], returns, take } = create(1)
  const early = new FakeWorker(3)
  returns.joined(early)
  t.same(early.child.channel.sent, [])
  take(a, '1')
  const late = new FakeWorker(4)
  returns.joined(late)
  t.match(late.child.channel.sent, [{ message: { type: 'returns', allowed: false } }])
})

t.test('after its end nothing may be returned any more, however few are held', async t => {
  const { all, told, returns } = create(4)
  returns.end()
  all.clear()
  returns.check()
  t.same(told, [{ type: 'returns', allowed: false }])
})
