import t from 'tap'
import type { Connection, Hold } from '../../../lib/lane.js'
import { Held } from '../../../lib/primary/dealing/held.js'
import { connections, FakeClock, FakeConnection } from '../../fakes.js'

/** The time between two checks: connections may end late by that. */
const CHECK = 1_000

/** A hold that reports what the test says. */
class FakeHold implements Hold {
  readonly watched = new Map<Connection, (gone: boolean) => void>()
  readonly released: string[] = []
  /** Whether connections can be watched. */
  works = true

  add (connection: Connection, ready: (gone: boolean) => void): boolean {
    if (this.works) this.watched.set(connection, ready)
    return this.works
  }

  /** Whether a request has just arrived on what is released. */
  readable = false

  release (connection: Connection): boolean {
    this.released.push(String(connection))
    this.watched.delete(connection)
    return this.readable
  }

  /** The client has sent something, or has gone. */
  ready (connection: Connection, gone = false): void {
    const ready = this.watched.get(connection)
    this.watched.delete(connection)
    ready?.(gone)
  }
}

function create () {
  const clock = new FakeClock()
  const hold = new FakeHold()
  const dealt: string[] = []
  const held = new Held({ hold, deal: connection => { dealt.push(String(connection)) }, clock })
  return { clock, hold, dealt, held, add: (connection: FakeConnection, left: number) => { held.add({ connection, left }) } }
}

t.test('a connection on which a request begins to arrive is dealt, once, and is held no more', async t => {
  const { clock, hold, dealt, held, add } = create()
  const [a, b] = connections('a b') as [FakeConnection, FakeConnection]
  add(a, 5_000)
  add(b, 5_000)
  t.equal(held.size, 2)
  hold.ready(a)
  t.same(dealt, ['a'])
  t.equal(held.size, 1)
  clock.advance(10_000)
  t.same([a.closed, b.closed, dealt], [0, 1, ['a']], 'its time does not count any more')
})

t.test('a connection that its client has closed is closed, and dealt to nobody', async t => {
  const { clock, hold, dealt, held, add } = create()
  const [a] = connections('a') as [FakeConnection]
  add(a, 5_000)
  hold.ready(a, true)
  t.same([a.closed, held.size, dealt], [1, 0, []])
  clock.advance(10_000)
  t.equal(a.closed, 1)
})

t.test('a connection ends when the time that it had left is over, late by the time between two checks at most, and not before', async t => {
  for (const left of [0, 1, 999, 1_000, 1_001, 72_000]) {
    const { clock, hold, held, add } = create()
    clock.advance(12_345)
    const [a] = connections('a') as [FakeConnection]
    add(a, left)
    clock.advance(Math.max(0, left - 1))
    t.equal(a.closed, 0, `not before ${left} ms`)
    clock.advance(CHECK + 1)
    t.same([a.closed, hold.released, held.size], [1, ['a'], 0], 'released before it is closed, since the number of a descriptor is used again')
  }
})

t.test('each connection has its own time, in whatever order they come', async t => {
  const { clock, held, add } = create()
  const all = connections('a b c d') as [FakeConnection, FakeConnection, FakeConnection, FakeConnection]
  for (const [i, left] of [9_000, 2_000, 5_000, 2_000].entries()) add(all[i] as FakeConnection, left)
  const closedAt = (time: number): number[] => {
    clock.advance(time - clock.now())
    return all.map(({ closed }) => closed)
  }
  t.same(closedAt(3_000), [0, 1, 0, 1])
  t.same(closedAt(6_000), [0, 1, 1, 1])
  t.same(closedAt(8_999), [0, 1, 1, 1])
  t.same(closedAt(10_000), [1, 1, 1, 1])
  t.equal(held.size, 0)
})

t.test('nothing is checked while nothing is held', async t => {
  const { clock, hold, add } = create()
  t.same(clock.waiting, [])
  const [a, b] = connections('a b') as [FakeConnection, FakeConnection]
  add(a, 60_000)
  add(b, 60_000)
  t.equal(clock.waiting.length, 1, 'one timer for all')
  hold.ready(a)
  hold.ready(b, true)
  clock.advance(CHECK)
  t.same(clock.waiting, [])
  add(b, 60_000)
  t.equal(clock.waiting.length, 1)
})

t.test('a connection that cannot be watched is closed, unless a request has arrived on it', async t => {
  const { clock, hold, dealt, held, add } = create()
  hold.works = false
  const [a, b] = connections('a b') as [FakeConnection, FakeConnection]
  add(a, 5_000)
  hold.readable = true
  add(b, 5_000)
  t.same([dealt, held.size, a.ended, b.closed], [['b'], 0, 1, 0])
  t.same(clock.waiting, [])
})

t.test('at its end it waits for requests that are on their way, and then closes the rest', async t => {
  const { clock, hold, dealt, held, add } = create()
  const [a, b, c] = connections('a b c') as [FakeConnection, FakeConnection, FakeConnection]
  for (const connection of [a, b, c]) add(connection, 60_000)
  let over = false
  const ended = held.end(100).then(() => { over = true })
  clock.advance(99)
  hold.ready(a)
  hold.ready(b, true)
  await new Promise(setImmediate)
  t.same([over, dealt, a.closed, b.closed, c.closed], [false, ['a'], 0, 1, 0])
  clock.advance(1)
  await ended
  t.same([held.size, a.closed, b.closed, c.closed, hold.released], [0, 0, 1, 1, ['c']])
  t.same(clock.waiting, [], 'no timer is left')
})

t.test('its end does not wait for anything if nothing is held, or if it may not', async t => {
  const empty = create()
  await empty.held.end(100)
  t.same(empty.clock.waiting, [])
  const hasty = create()
  const [a] = connections('a') as [FakeConnection]
  hasty.add(a, 60_000)
  await hasty.held.end(0)
  t.same([a.closed, hasty.clock.waiting], [1, []])
})

t.test('a request that arrives in the moment in which its connection would be closed is dealt', async t => {
  const { clock, dealt, hold, held, add } = create()
  const [a] = connections('a') as [FakeConnection]
  add(a, 500)
  hold.readable = true
  clock.advance(1_000)
  t.same([a.closed, held.size, dealt], [0, 0, ['a']])
})

t.test('a connection that was on its way when it ended is dealt, and not held', async t => {
  const { dealt, held, add } = create()
  await held.end(0)
  const [a] = connections('a') as [FakeConnection]
  add(a, 60_000)
  t.same([dealt, held.size, a.closed], [['a'], 0, 0])
})
