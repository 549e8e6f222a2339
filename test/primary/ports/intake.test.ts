import { constants } from 'node:os'
import t from 'tap'
import type { Acceptor, AcceptEvents, Connection, Lane } from '../../../lib/lane.js'
import { Intake } from '../../../lib/primary/ports/intake.js'
import type { Bound } from '../../../lib/primary/ports/listener.js'
import { connections, createLog, FakeClock, FakeHandle, FakeWorker } from '../../fakes.js'
import { createHandoff } from '../../handoffs.js'

const FRAME_SIZE = 4

/** An acceptor that is driven by hand: connections that arrive while it is paused stay in `ready`. */
class FakeAcceptor implements Acceptor {
  readonly ready: Connection[]
  paused = false
  closed = 0
  readonly #events: AcceptEvents

  constructor (events: AcceptEvents, ready: Connection[]) {
    this.#events = events
    this.ready = ready
  }

  come (names: string): void {
    this.ready.push(...connections(names))
    if (!this.paused) this.#take()
  }

  fail (err: NodeJS.ErrnoException): void {
    this.#events.onError(err)
  }

  abort (): void {
    this.closed++
  }

  pause (): void {
    this.paused = true
  }

  resume (): void {
    this.paused = false
    this.#take()
  }

  accept (): readonly Connection[] {
    return this.ready.splice(0, FRAME_SIZE)
  }

  async close (): Promise<void> {
    this.closed++
    this.#take()
  }

  #take (): void {
    for (let batch; (batch = this.accept()).length > 0;) this.#events.onConnections(batch)
  }
}

/** An intake with this many ports, and its workers. The second port may fail to listen. */
function create ({ ports = 1, workers: count = 1, failure, ready = [], pauses = true, maxPending = Infinity, mayWait = true }: { pauses?: boolean, maxPending?: number, mayWait?: boolean, ports?: number, workers?: number, failure?: Error, ready?: Connection[] } = {}) {
  const clock = new FakeClock()
  const { log, lines } = createLog()
  const handles = Array.from({ length: ports }, () => new FakeHandle())
  const acceptors: FakeAcceptor[] = []
  const lane = {
    pauses,
    listen (handle: FakeHandle, backlog: number, events: AcceptEvents) {
      if (failure !== undefined && handle === handles[1]) throw failure
      handle.backlog = backlog
      acceptors.push(new FakeAcceptor(events, [...ready]))
      return acceptors.at(-1) as FakeAcceptor
    }
  } as unknown as Lane
  const handoff = createHandoff({ frameSize: FRAME_SIZE, clock, fetch: () => intake.fetch(), onDealt: () => { intake.dealt() } })
  const open = (): Intake => new Intake(handles.map(handle => ({ handle, name: 'here', asked: 'here', backlog: 7 })), { handoff, maxPending, mayWait, lane, clock, log })
  let intake: Intake
  const workers = Array.from({ length: count }, (_, i) => new FakeWorker(i + 1))
  return {
    clock,
    lines,
    handles,
    acceptors,
    acceptor: () => acceptors[0] as FakeAcceptor,
    handoff,
    workers,
    worker: workers[0] as FakeWorker,
    open,
    start: () => {
      intake = open()
      for (const worker of workers) handoff.add(worker)
      return intake
    },
    ack (worker: FakeWorker) {
      const ack = worker.ack()
      handoff.settle(worker, worker.settle(ack) as NonNullable<ReturnType<FakeWorker['settle']>>, ack)
      handoff.deal()
    }
  }
}

t.test('while a worker has credit, connections are accepted at once', async t => {
  const { start, acceptor, workers: [a, b] } = create({ workers: 2 })
  start()
  acceptor().come('1')
  t.same([a?.dealt, b?.dealt], [[['1']], []])
  t.notOk(acceptor().paused)
})

t.test('while nothing is pending, accepting continues: a port with little load never pauses', async t => {
  const { start, acceptor, worker, ack } = create()
  start()
  for (const name of ['1', '2', '3']) {
    acceptor().come(name)
    t.notOk(acceptor().paused)
    ack(worker)
  }
  t.same(worker.dealt, [['1'], ['2'], ['3']])
})

t.test('while connections are pending, new ones stay in the kernel, and are fetched at the next ack', async t => {
  const { start, acceptor, worker, ack, handoff } = create()
  start()
  acceptor().come('1')
  acceptor().come('2')
  t.ok(acceptor().paused)
  acceptor().come('3')
  acceptor().come('4')
  t.equal(handoff.pending, 1)
  ack(worker)
  t.same(worker.dealt, [['1'], ['2', '3', '4']], 'in one frame, in the order in which they came')
  t.ok(acceptor().paused, 'the worker has no credit again')
  acceptor().come('5')
  ack(worker)
  t.same(worker.dealt.at(-1), ['5'])
})

t.test('each ack fetches a batch, not all connections', async t => {
  const { start, acceptor, worker, ack, handoff } = create()
  start()
  acceptor().come('1')
  acceptor().come('2')
  acceptor().come('3 4 5 6 7 8 9 10')
  ack(worker)
  t.same(worker.dealt.at(-1), ['2', '3', '4', '5'])
  t.same([acceptor().ready.length, handoff.pending], [4, 1])
})

t.test('when credit is left, accepting resumes by itself', async t => {
  const { start, acceptor, worker, ack } = create()
  start()
  acceptor().come('1')
  acceptor().come('2')
  ack(worker)
  ack(worker)
  t.notOk(acceptor().paused)
  acceptor().come('3')
  t.same(worker.dealt, [['1'], ['2'], ['3']])
})

t.test('all ports of a key pause together, and are fetched from together', async t => {
  const { start, acceptors, worker, ack } = create({ ports: 2 })
  start()
  const [v4, v6] = acceptors as [FakeAcceptor, FakeAcceptor]
  v4.come('1')
  v4.come('2')
  t.same([v4.paused, v6.paused], [true, true])
  v4.come('3')
  v6.come('4')
  ack(worker)
  t.same(worker.dealt, [['1'], ['2', '3', '4']])
  ack(worker)
  t.same([v4.paused, v6.paused], [false, false])
})

t.test('without an ack, accepting resumes after 2 ms, and continues until a worker has credit', async t => {
  const { start, acceptor, worker, ack, clock, handoff } = create()
  start()
  acceptor().come('1')
  acceptor().come('2')
  acceptor().come('3')
  clock.advance(1)
  t.ok(acceptor().paused)
  clock.advance(1)
  t.notOk(acceptor().paused)
  t.equal(handoff.pending, 2)
  acceptor().come('4')
  t.notOk(acceptor().paused)
  t.same(clock.waiting, [], 'no timer runs because of a hanging worker')
  ack(worker)
  ack(worker)
  acceptor().come('5')
  acceptor().come('6')
  t.ok(acceptor().paused, 'it is paused again')
})

t.test('each ack starts the pause anew, and each pause ends on time', async t => {
  const { start, acceptor, worker, ack, clock } = create()
  start()
  acceptor().come('1')
  acceptor().come('2')
  for (let i = 3; i < 12; i++) {
    clock.advance(1)
    acceptor().come(`${i}`)
    ack(worker)
    t.ok(acceptor().paused)
  }
  clock.advance(1)
  t.ok(acceptor().paused)
  clock.advance(1)
  t.notOk(acceptor().paused, '2 ms after the last ack')
  t.same(worker.dealt.flat(), Array.from({ length: 11 }, (_, i) => `${i + 1}`))
})

t.test('a lane that cannot pause is not paused', async t => {
  const { start, acceptor, clock, handoff } = create({ pauses: false })
  start()
  acceptor().come('1')
  acceptor().come('2')
  t.notOk(acceptor().paused)
  t.equal(handoff.pending, 1)
  t.same(clock.waiting, [])
})

t.test('without a worker connections are accepted, and pending', async t => {
  const { start, acceptor, handoff, clock } = create({ workers: 0 })
  start()
  acceptor().come('1')
  acceptor().come('2')
  clock.advance(2)
  t.equal(handoff.pending, 2)
})

t.test("closing accepts the connections in the kernel's queue, and ends the pause", async t => {
  const { start, acceptor, clock, handoff } = create()
  const intake = start()
  acceptor().come('1')
  acceptor().come('2')
  acceptor().come('3')
  await intake.close()
  t.equal(acceptor().closed, 1)
  t.equal(handoff.pending, 2)
  t.same(clock.waiting, [])
})

t.test('if one of several handles cannot listen, all are closed at once', async t => {
  const failure = new Error('in use')
  const { open, handles, acceptors } = create({ ports: 3, failure })
  t.throws(open, failure)
  t.same(acceptors.map(({ closed }) => closed), [1])
  t.same(handles.map(({ closed }) => closed), [0, 0, 1], 'the lane closes the handles that it was given')
})

t.test('the error of listen(2) names the address, and that of a descriptor its number', async t => {
  const failure = Object.assign(new Error('listen EADDRINUSE'), { syscall: 'listen', errno: -constants.errno.EADDRINUSE })
  const handoff = createHandoff({ frameSize: FRAME_SIZE, clock: new FakeClock() })
  const lane = { pauses: false, listen () { throw failure } } as unknown as Lane
  const open = (bound: Pick<Bound, 'name' | 'fd'>): Intake => new Intake([{ handle: new FakeHandle(), asked: 'there', backlog: 7, ...bound }], { handoff, maxPending: 1, mayWait: true, lane, clock: new FakeClock(), log: createLog().log })
  t.throws(() => open({ name: { address: '127.0.0.1', family: 'IPv4', port: 80 } }), { code: 'EADDRINUSE', message: 'listen EADDRINUSE: address already in use 127.0.0.1:80', address: '127.0.0.1', port: 80 })
  t.throws(() => open({ name: '/run/s' }), { message: 'listen EADDRINUSE: address already in use /run/s' })
  t.throws(() => open({ name: 'fd:7', fd: 7 }), { code: 'SHARED_PORT_ERR_FD', message: 'File descriptor 7 is not a listening socket' })
})

t.test('the first failure to accept is logged, with its key', async t => {
  const { start, acceptor, lines } = create()
  start()
  acceptor().fail(Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' }))
  t.match(lines, [{ event: 'accept-error', key: 'key', err: { code: 'EMFILE' } }])
})

// Too many pending connections.

t.test('from maxPending on nothing is accepted, with or without acks, until half of it is gone', async t => {
  const { start, acceptor, worker, ack, handoff, clock } = create({ maxPending: 8 })
  start()
  acceptor().come('0') // which the worker has now
  for (let i = 1; i <= 9; i++) {
    acceptor().come(String(i))
    clock.advance(2) // without an ack, connections are accepted nevertheless
  }
  t.equal(handoff.pending, 8)
  t.ok(acceptor().paused)
  clock.advance(10_000)
  t.equal(handoff.pending, 8, 'later connections are in the kernel')
  ack(worker)
  t.same([worker.dealt.at(-1)?.length, handoff.pending], [FRAME_SIZE, 4])
  ack(worker)
  t.equal(handoff.pending, 1, 'half was gone, and the connections in the kernel were fetched')
})

t.test('if connections may not wait in the kernel, they are accepted at once', async t => {
  const { start, acceptor, handoff } = create({ mayWait: false, maxPending: 2 })
  start()
  for (const name of ['1', '2', '3', '4', '5']) acceptor().come(name)
  t.notOk(acceptor().paused)
  t.equal(handoff.pending, 4)
})

t.test('a port that was full and has nothing pending any more accepts, even without credit', async t => {
  const { start, acceptor, handoff, clock } = create({ maxPending: 2 })
  start()
  acceptor().come('1')
  for (const name of ['2', '3']) {
    acceptor().come(name)
    clock.advance(2)
  }
  acceptor().come('4')
  clock.advance(1_000)
  t.equal(handoff.pending, 2)
  t.equal(handoff.drop(() => true).length, 2)
  clock.advance(2)
  t.equal(handoff.pending, 1, 'the connections that were in the kernel')
})

t.test('a port that is closed while it was full has no timer left', async t => {
  const { start, acceptor, handoff, clock } = create({ maxPending: 2 })
  const intake = start()
  acceptor().come('1')
  for (const name of ['2', '3']) {
    acceptor().come(name)
    clock.advance(2)
  }
  await intake.close()
  handoff.close()
  t.same(clock.waiting, [])
})
