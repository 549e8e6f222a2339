import { type ChildProcess, execFile, spawn } from 'node:child_process'
import dgram from 'node:dgram'
import { once } from 'node:events'
import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import net from 'node:net'
import { constants } from 'node:os'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { loadAddon, type Poller } from '../../lib/lane/addon.js'
import { bindTcp, type RawHandle, type SocketName } from '../../lib/platform/node-internals.js'
import { Arrivals, openDescriptors } from './sockets.js'

// The addon's part in connections that are kept: returned, held, parked, and moved while the event loop is blocked.

const { EBADF, EEXIST, EMFILE, ENOTSOCK, EPERM, EPIPE, EPROTO } = constants.errno

/** The reasons of native/lot.h. */
const RESCUE = 2
const WANT = 3

/** Of native/frame.h and native/lot.h, less the room for one character. */
const NOTES_SIZE = 32768 - 5
const SPACE_NOTES = 704 - 5

const run = promisify(execFile)
const worker = fileURLToPath(new URL('kept-worker.mjs', import.meta.url))
const unhooked = { ...process.env, NODE_OPTIONS: '' }
const addon = loadAddon()
const room = (...fds: number[]): Int32Array => {
  const array = new Int32Array(addon.FRAME_SIZE)
  array.set(fds)
  return array
}
const alive = setInterval(() => {}, 1_000) // no poller keeps the process alive
t.teardown(() => { clearInterval(alive) })

const bound = bindTcp('127.0.0.1', 0) as RawHandle
const name: Partial<SocketName> = {}
bound.getsockname?.(name as SocketName)
const accepted = new Arrivals<number>()
const batch = room()
const listener = addon.listen(bound.fd, 511, batch, count => { accepted.put(...batch.subarray(0, count)) })
t.teardown(() => {
  addon.unpoll(listener)
  bound.close()
})

interface Connection { client: net.Socket, fd: number }

/** A TCP connection, with the server's side as a descriptor, which belongs to the caller. */
async function connect (t: Pick<Test, 'teardown'>): Promise<Connection> {
  const client = net.connect({ port: name.port as number, host: '127.0.0.1', allowHalfOpen: true })
  client.on('error', () => {})
  t.teardown(() => { client.destroy() })
  await once(client, 'connect')
  return { client, fd: await accepted.next() }
}

/** Resolves when something can be read there: a byte (1), or that the client has gone (-1). */
async function whenReadable (fd: number): Promise<number> {
  for (;;) {
    const state = addon.readable(fd)
    if (state !== 0) return state
    await new Promise(setImmediate)
  }
}

interface Return { reason: number, key: string, notes: string, fds: number[], error: number }

/** A return lane, with both ends in this process at first. */
class Lane {
  readonly ours: number
  readonly theirs: number
  readonly seen: Return[] = []
  readonly #poller: Poller
  readonly #arrivals = new Arrivals<Return>()
  readonly #open = new Set<'poller' | 'ours' | 'theirs'>(['poller', 'ours', 'theirs'])

  constructor (t: Test, onReturn: (returned: Return, lane: Lane) => void = () => {}) {
    [this.ours, this.theirs] = addon.pair()
    const fds = room()
    this.#poller = addon.returns(this.ours, fds, (reason, key, notes, count, error) => {
      const returned = { reason, key, notes, fds: [...fds.subarray(0, count)], error }
      this.seen.push(returned)
      this.#arrivals.put(returned)
      onReturn(returned, this)
    })
    t.teardown(() => {
      this.closeOurs()
      this.closeTheirs()
    })
  }

  get rescued (): Return[] {
    return this.seen.filter(({ reason, error }) => error === 0 && reason === RESCUE)
  }

  async next (): Promise<Return> {
    return await this.#arrivals.next()
  }

  async rescues (count: number): Promise<Return[]> {
    while (this.rescued.length < count) await this.next()
    return this.rescued
  }

  resume (): void {
    addon.resume(this.#poller)
  }

  readAll (): void {
    addon.readReturns(this.#poller)
  }

  unpoll (): void {
    if (this.#open.delete('poller')) addon.unpoll(this.#poller)
  }

  closeOurs (): void {
    this.unpoll()
    if (this.#open.delete('ours')) closeSync(this.ours)
  }

  closeTheirs (): void {
    if (this.#open.delete('theirs')) closeSync(this.theirs)
  }
}

// ---------------------------------------------------------------- notes

t.test('notes travel along with a frame, up to their limit', async t => {
  const [ours, theirs] = addon.pair()
  const frames = new Arrivals<{ key: string, notes: string }>()
  const receiver = addon.receive(theirs, new ArrayBuffer(4096), room(), (_, key, notes) => { frames.put({ key, notes }) })
  t.teardown(() => {
    addon.unpoll(receiver)
    for (const fd of [ours, theirs]) addon.close(fd)
  })
  for (const [key, notes] of [['key', ''], ['', 'notes'], ['é'.repeat(200), '😀'.repeat(1000)], ['k'.repeat(507), 'n'.repeat(NOTES_SIZE)]] as const) {
    t.equal(addon.send(ours, 1, key, notes, room(), 0), 0)
    t.same(await frames.next(), { key, notes })
  }
})

t.test('notes that are too long, or that are no text, are rejected, and nothing is sent', async t => {
  const lane = new Lane(t)
  t.throws(() => addon.send(lane.theirs, 1, 'key', 'n'.repeat(NOTES_SIZE + 1), room(), 0), { code: 'ERR_OUT_OF_RANGE' })
  t.throws(() => addon.send(lane.theirs, 1, 'key', '😀'.repeat(NOTES_SIZE / 4 + 1), room(), 0), { code: 'ERR_OUT_OF_RANGE' })
  t.throws(() => addon.send(lane.theirs, 1, 'key', 7 as unknown as string, room(), 0))
  addon.send(lane.theirs, 2, 'key', '', room(), 0)
  t.match(await lane.next(), { reason: 2 })
})

// ---------------------------------------------------------------- returns

t.test('returned connections arrive with reason, key and notes, and can be used', async t => {
  const lane = new Lane(t)
  const connections = await Promise.all([1, 2, 3].map(async () => await connect(t)))
  const fds = connections.map(({ fd }) => fd)
  t.equal(addon.send(lane.theirs, 1, 'localhost:3000', '["notes"]', room(...fds), 3), 0)
  for (const fd of fds) closeSync(fd)
  const returned = await lane.next()
  t.match(returned, { reason: 1, key: 'localhost:3000', notes: '["notes"]', error: 0 })
  t.equal(returned.fds.length, 3)
  for (const fd of returned.fds) writeSync(fd, 'x')
  for (const { client } of connections) t.equal(String((await once(client, 'data'))[0]), 'x', 'no client has noticed')
  for (const fd of returned.fds) closeSync(fd)
})

const LISTENING = 'a listening socket'
const NO_CONNECTIONS: Record<string, (t: Test) => Promise<number>> = {
  'a file': async () => openSync('/dev/null', 'r'),
  [LISTENING]: async () => bound.fd,
  'a datagram socket': async t => {
    const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1')
    t.teardown(() => { socket.close() })
    await once(socket, 'listening')
    return (socket as unknown as { _handle: { fd: number } })._handle.fd
  },
  'an end of a lane': async t => {
    const [a, b] = addon.pair()
    t.teardown(() => { for (const fd of [a, b]) addon.close(fd) })
    return a
  }
}
for (const [what, open] of Object.entries(NO_CONNECTIONS)) {
  t.test(`${what} is no connection: it is closed, with the connections in the same frame, and nothing more is read`, async t => {
    const lane = new Lane(t)
    const { client, fd } = await connect(t)
    const other = await open(t)
    const before = openDescriptors()
    addon.send(lane.theirs, 0, 'key', '', room(fd, other), 2)
    addon.send(lane.theirs, 1, 'key', '', room(), 0)
    t.same(await lane.next(), { reason: 0, key: '', notes: '', fds: [], error: -ENOTSOCK })
    t.equal(openDescriptors(), before)
    closeSync(fd)
    await once(client.resume(), 'end')
    t.equal(lane.seen.length, 1, 'nothing is read after an error')
    lane.resume()
    t.match(await lane.next(), { reason: 1, error: 0 })
    if (what === 'a file') closeSync(other)
  })
}

t.test('a connection whose client has reset it is closed, and has the number -1', async t => {
  const lane = new Lane(t)
  const [gone, there] = [await connect(t), await connect(t)]
  gone.client.resetAndDestroy()
  t.equal(await whenReadable(gone.fd), -1)
  const before = openDescriptors()
  addon.send(lane.theirs, 0, 'key', '', room(gone.fd, there.fd), 2)
  for (const { fd } of [gone, there]) closeSync(fd)
  const { fds: [first, second] } = await lane.next()
  t.equal(first, -1)
  t.equal(addon.readable(second as number), 0)
  closeSync(second as number)
  t.equal(openDescriptors(), before - 2)
})

t.test('a message that is not a frame is an error, and nothing more is read', async t => {
  const lane = new Lane(t)
  writeSync(lane.theirs, 'x'.repeat(100))
  t.match(await lane.next(), { error: -EPROTO, fds: [] })
  lane.resume()
  addon.send(lane.theirs, 1, 'key', '', room(), 0)
  t.match(await lane.next(), { reason: 1, error: 0 })
})

t.test('what a dead worker has sent is read to the end', async t => {
  const lane = new Lane(t)
  const connections = await Promise.all([1, 2, 3].map(async () => await connect(t)))
  connections.forEach(({ fd }, reason) => {
    addon.send(lane.theirs, reason, 'key', '', room(fd), 1)
    closeSync(fd)
  })
  lane.closeTheirs()
  lane.readAll()
  t.match(lane.seen.map(({ reason, error }) => [reason, error]), [[0, 0], [1, 0], [2, 0], [0, -EPIPE]])
  for (const { fds } of lane.seen) for (const fd of fds) closeSync(fd)
})

t.test('what a dead worker has sent is read to the end, although it had not read its last invitation', async t => {
  const lane = new Lane(t)
  addon.send(lane.ours, 4, '', '', room(), 0)
  addon.send(lane.theirs, 1, 'key', '', room(), 0)
  lane.closeTheirs()
  lane.readAll()
  t.match(lane.seen.map(({ reason, error }) => [reason, error]), [[1, 0], [0, -EPIPE]])
})

t.test('nothing is read after the lane was closed in the middle of that', async t => {
  const lane = new Lane(t, (_, lane) => { lane.unpoll() })
  for (const reason of [0, 1, 2]) addon.send(lane.theirs, reason, 'key', '', room(), 0)
  lane.readAll()
  t.equal(lane.seen.length, 1)
})

t.test('while there is no room for all descriptors of a return, it stays in the lane, and arrives later', async t => {
  const { stdout } = await run('sh', ['-c', 'ulimit -n 64; exec "$@"', 'sh', process.execPath, worker, 'no-room'], { env: unhooked })
  t.same(JSON.parse(stdout), { reason: 1, key: 'key', notes: 'notes', count: 2, errors: [-EMFILE, 0], states: [0, 0] })
})

t.test('processes that a worker starts do not hold its return lane', async t => {
  const lane = new Lane(t)
  // Node itself closes the first 16 descriptors on exec, and further ones up to the first that is free.
  const child = spawn('bash', ['-c', 'exec 30<&3 3<&-; exec "$@"', 'bash', process.execPath, worker, 'spawns', '30'], { env: unhooked, stdio: ['ignore', 'pipe', 'inherit', lane.theirs] })
  lane.closeTheirs()
  const { pid } = JSON.parse(String((await once(child.stdout as NonNullable<typeof child.stdout>, 'data'))[0])) as { pid: number }
  t.teardown(() => { process.kill(pid, 'SIGKILL') })
  t.match(await lane.next(), { error: -EPIPE }, 'nobody has the other end')
  t.throws(() => { addon.closeOnExec(-1) }, { code: 'EBADF' })
})

// ---------------------------------------------------------------- held

interface Held { set: number, next: () => Promise<number> }

function held (t: Test): Held {
  const set = addon.createHold()
  const fds = room()
  const arrivals = new Arrivals<number>()
  const poller = addon.held(set, fds, count => { arrivals.put(...fds.subarray(0, count)) })
  t.teardown(() => {
    addon.unpoll(poller)
    closeSync(set)
  })
  return { set, next: async () => await arrivals.next() }
}

/** A connection that is closed at the end of the test. */
async function own (t: Test): Promise<Connection> {
  const connection = await connect(t)
  t.teardown(() => { closeSync(connection.fd) })
  return connection
}

t.test('a held connection is reported when a request arrives, and no byte of it is read', async t => {
  const { set, next } = held(t)
  const [one, other] = [await own(t), await own(t)]
  for (const { fd } of [one, other]) t.equal(addon.hold(set, fd), 0)
  t.equal(addon.hold(set, one.fd), -EEXIST)
  one.client.write('request')
  t.equal(await next(), one.fd)
  const buffer = Buffer.alloc(10)
  t.equal(buffer.toString('latin1', 0, readSync(one.fd, buffer)), 'request')
  t.equal(addon.hold(set, one.fd), 0, 'it was out of the set')
  other.client.write('x')
  t.equal(await next(), other.fd)
})

t.test('a held connection whose client has gone is reported as gone', async t => {
  const { set, next } = held(t)
  const [ended, reset] = [await own(t), await own(t)]
  for (const { fd } of [ended, reset]) addon.hold(set, fd)
  ended.client.end()
  t.equal(await next(), -1 - ended.fd)
  reset.client.resetAndDestroy()
  t.equal(await next(), -1 - reset.fd)
  for (const { fd } of [ended, reset]) t.equal(addon.hold(set, fd), 0, 'it was out of the set')
})

t.test('a client that has sent a request and closed its half waits for an answer', async t => {
  const { set, next } = held(t)
  const { client, fd } = await own(t)
  client.end('request')
  addon.hold(set, fd)
  t.equal(await next(), fd)
})

t.test('a released connection is not reported, and what cannot be watched is an error', async t => {
  const { set, next } = held(t)
  const [released, other] = [await own(t), await own(t)]
  for (const { fd } of [released, other]) addon.hold(set, fd)
  addon.release(set, released.fd)
  released.client.write('x')
  t.equal(await whenReadable(released.fd), 1)
  other.client.write('x')
  t.equal(await next(), other.fd)
  const file = openSync('/dev/null', 'r')
  t.equal(addon.hold(set, file), -EPERM)
  closeSync(file)
  t.equal(addon.hold(set, file), -EBADF)
})

t.test('more connections than a frame has become readable at once: all are reported', async t => {
  const { set, next } = held(t)
  const pairs = Array.from({ length: 150 }, () => addon.pair())
  t.teardown(() => { for (const fd of pairs.flat()) closeSync(fd) })
  for (const [client, fd] of pairs) {
    writeSync(client, 'x')
    addon.hold(set, fd)
  }
  const found = []
  while (found.length < 150) found.push(await next())
  t.same(found.sort((a, b) => a - b), pairs.map(([, fd]) => fd).sort((a, b) => a - b))
})

t.test('whether a byte can be read is seen without reading it', async t => {
  const { client, fd } = await own(t)
  t.equal(addon.readable(fd), 0)
  client.write('x')
  t.equal(await whenReadable(fd), 1)
  t.equal(addon.readable(fd), 1)
  client.end()
  readSync(fd, Buffer.alloc(1))
  t.equal(await whenReadable(fd), -1)
  t.equal(addon.readable(-1), -1)
})

// ---------------------------------------------------------------- parked, in a process whose event loop runs

t.test('parked connections', async t => {
  const places = room()
  const readable = new Arrivals<number[]>()
  const lane = new Lane(t)
  const open = (): void => { addon.openLot(lane.theirs, 3_600_000, places, count => { readable.put([...places.subarray(0, count)]) }, () => { t.fail('moved') }) }
  open()
  const [client, fd] = addon.pair()
  const [otherClient, other] = addon.pair()
  const take = (): void => { readSync(fd, Buffer.alloc(1)) }

  t.test('a process has one lot', async t => {
    t.throws(open, { code: 'EALREADY' })
  })

  t.test('a request on one is reported, and its place is free then', async t => {
    t.equal(addon.park(0, fd, 'key', ''), 0)
    t.equal(addon.park(addon.LOT_SIZE - 1, other, 'key', 'n'.repeat(SPACE_NOTES)), 0)
    writeSync(client, 'x')
    t.same(await readable.next(), [0])
    take()
    t.equal(addon.park(0, fd, 'key', ''), 0)
    writeSync(otherClient, 'x')
    t.same(await readable.next(), [addon.LOT_SIZE - 1])
    t.equal(addon.unpark(0), true)
  })

  t.test('one that is not parked any more is not reported', async t => {
    addon.park(0, fd, 'key', '')
    addon.park(1, other, 'key', '')
    t.same(await readable.next(), [1], 'the byte of before is still there')
    t.equal(addon.unpark(0), true)
    t.equal(addon.unpark(0), true)
    writeSync(client, 'x')
    addon.park(1, other, 'key', '')
    t.same(await readable.next(), [1])
    take()
  })

  t.test('a place is free, or it is an error', async t => {
    addon.park(0, fd, 'key', '')
    t.throws(() => addon.park(0, other, 'key', ''), { code: 'EBUSY' })
    t.equal(addon.park(1, fd, 'key', ''), -EEXIST)
    addon.unpark(0)
    for (const place of [-1, addon.LOT_SIZE]) {
      t.throws(() => addon.park(place, fd, 'key', ''), { code: 'EINVAL' })
      t.throws(() => addon.unpark(place), { code: 'EINVAL' })
    }
    t.throws(() => addon.park(0, fd, 'k'.repeat(508), ''), { code: 'ERR_OUT_OF_RANGE' })
    t.throws(() => addon.park(0, fd, 'key', 'n'.repeat(SPACE_NOTES + 1)), { code: 'ERR_OUT_OF_RANGE' })
    t.equal(addon.park(0, -1, 'key', ''), -EBADF)
    t.equal(addon.park(0, fd, 'key', ''), 0, 'and is free after each of these')
    addon.unpark(0)
  })

  t.test('more than a frame of them become readable at once: all are reported', async t => {
    const pairs = Array.from({ length: 150 }, () => addon.pair())
    pairs.forEach(([client, fd], place) => {
      addon.park(place, fd, 'key', '')
      writeSync(client, 'x')
    })
    const found: number[] = []
    while (found.length < 150) found.push(...await readable.next())
    t.same(found.sort((a, b) => a - b), pairs.map((_, place) => place))
    for (const fd of pairs.flat()) closeSync(fd)
  })

  t.test('nothing is left of them', async t => {
    for (const each of [client, fd, other, otherClient]) closeSync(each)
    t.same(lane.seen, [], 'and nobody was asked for help')
  })
})

// ---------------------------------------------------------------- parked, in a process whose event loop is blocked

interface Report { parked?: number, blocks?: boolean, readable?: number[], moved?: number[], unparked?: boolean[] }

/** A worker that parks what it is sent. */
class Parker {
  readonly child: ChildProcess
  readonly ended: Promise<unknown[]>
  readonly #lane: number
  readonly #reports = new Arrivals<Report>()

  constructor (t: Test, lane: Lane, patience = 2) {
    const [ours, theirs] = addon.pair()
    this.#lane = ours
    this.child = spawn(process.execPath, [worker, 'lot', String(patience)], { env: unhooked, stdio: ['pipe', 'pipe', 'inherit', theirs, lane.theirs] })
    this.ended = once(this.child, 'exit')
    closeSync(theirs)
    lane.closeTheirs()
    createInterface({ input: this.child.stdout as NonNullable<typeof this.child.stdout> }).on('line', line => { this.#reports.put(JSON.parse(line) as Report) })
    t.teardown(async () => {
      this.child.kill('SIGKILL')
      await this.ended
      closeSync(ours)
    })
  }

  async report (): Promise<Report> {
    return await this.#reports.next()
  }

  async reports<T extends keyof Report> (what: T): Promise<NonNullable<Report[T]>> {
    const report = await this.report()
    const { [what]: found } = report
    if (found === undefined) throw new Error(`not ${what}: ${JSON.stringify(report)}`)
    return found
  }

  /** Makes connections that are parked there, at the places 0, 1, ... */
  async park (t: Test, count: number): Promise<net.Socket[]> {
    const clients: net.Socket[] = []
    while (clients.length < count) {
      const connections = []
      while (connections.length < Math.min(addon.FRAME_SIZE, count - clients.length)) connections.push(await connect(t))
      addon.send(this.#lane, 1, 'key', '', room(...connections.map(({ fd }) => fd)), connections.length)
      for (const { fd } of connections) closeSync(fd)
      clients.push(...connections.map(({ client }) => client))
      await this.reports('parked')
    }
    return clients
  }

  order (key: string): void {
    addon.send(this.#lane, 1, key, '', room(), 0)
  }

  async block (order = 'block'): Promise<void> {
    this.order(order)
    await this.reports('blocks')
  }

  unblock (): void {
    this.child.stdin?.write('x')
  }
}

/** Answers each message "requests wait here" with an invitation. */
function inviting (t: Test, invited: number): Lane {
  return new Lane(t, ({ reason, error }, lane) => {
    if (error === 0 && reason === WANT) addon.send(lane.ours, invited, '', '', room(), 0)
  })
}

t.test('a connection on which a request waits is moved out of a blocked process, and its client cannot tell', async t => {
  const lane = inviting(t, 1)
  const parker = new Parker(t, lane)
  const [client, idle] = await parker.park(t, 2) as [net.Socket, net.Socket]
  await parker.block()
  client.write('request')
  const [{ key, notes, fds: [fd] }] = await lane.rescues(1) as [Return & { fds: [number] }]
  t.same({ key, notes }, { key: 'key', notes: 'note 0' })
  const buffer = Buffer.alloc(10)
  t.equal(buffer.toString('latin1', 0, readSync(fd, buffer)), 'request', 'with all its bytes')
  writeSync(fd, 'answer')
  t.equal(String((await once(client, 'data'))[0]), 'answer')
  parker.unblock()
  t.same(await parker.reports('moved'), [0])
  writeSync(fd, 'more')
  t.equal(String((await once(client, 'data'))[0]), 'more', 'it is open after the process has closed its own copy')
  idle.write('x')
  t.same(await parker.reports('readable'), [1])
  closeSync(fd)
})

t.test('nothing is moved without an invitation: the process serves it itself, later', async t => {
  const lane = new Lane(t)
  const parker = new Parker(t, lane)
  const [client] = await parker.park(t, 1) as [net.Socket]
  await parker.block()
  client.write('request')
  for (let i = 0; i < 3; i++) t.match(await lane.next(), { reason: WANT, key: '', notes: '', fds: [], error: 0 })
  parker.unblock()
  t.same(await parker.reports('readable'), [0])
  t.same(lane.rescued, [])
})

t.test('a connection whose client has gone is not moved', async t => {
  const lane = inviting(t, 64)
  const parker = new Parker(t, lane)
  const [gone, half, there] = await parker.park(t, 3) as [net.Socket, net.Socket, net.Socket]
  await parker.block()
  gone.resetAndDestroy()
  half.end('request')
  there.write('request')
  const [{ notes, fds: [fd] }] = await lane.rescues(1) as [Return & { fds: [number] }]
  t.equal(notes, 'note 2')
  parker.unblock()
  const all = { moved: [] as number[], readable: [] as number[] }
  while (all.moved.length + all.readable.length < 3) {
    const { moved = [], readable = [] } = await parker.report()
    all.moved.push(...moved)
    all.readable.push(...readable)
  }
  t.same({ moved: all.moved, readable: all.readable.sort() }, { moved: [2], readable: [0, 1] })
  t.equal(lane.rescued.length, 1)
  closeSync(fd)
})

t.test('many more requests than fit into a frame wait: all are moved, a few at each invitation', async t => {
  const lane = inviting(t, 8)
  const parker = new Parker(t, lane)
  const clients = await parker.park(t, 3 * addon.FRAME_SIZE)
  await parker.block()
  for (const client of clients) client.write('request')
  const all = await lane.rescues(clients.length)
  t.same(all.map(({ notes }) => Number(notes.slice(5))).sort((a, b) => a - b), clients.map((_, place) => place), 'each once')
  for (const { fds } of all) for (const fd of fds) closeSync(fd)
})

t.test('an event loop that unparks a connection before it was told is told then that the connection was moved', async t => {
  const lane = inviting(t, 1)
  const parker = new Parker(t, lane)
  const [client] = await parker.park(t, 2) as [net.Socket]
  await parker.block('block, then unpark')
  client.write('request')
  const [{ fds: [fd] }] = await lane.rescues(1) as [Return & { fds: [number] }]
  parker.unblock()
  t.same(await parker.reports('unparked'), [false, true])
  parker.order('unpark')
  t.same(await parker.reports('unparked'), [true, true], 'the places are free, and nothing is told again')
  closeSync(fd)
})

t.test('a process whose thread is waiting for its event loop exits at once', async t => {
  const lane = new Lane(t)
  const parker = new Parker(t, lane, 3_600_000)
  const [client] = await parker.park(t, 1) as [net.Socket]
  await parker.block()
  await new Promise(resolve => client.write('request', resolve))
  parker.order('exit')
  parker.unblock()
  t.same(await parker.ended, [0, null])
})

t.test('a process whose primary is gone serves its connections itself', async t => {
  const lane = new Lane(t)
  const parker = new Parker(t, lane)
  const [client] = await parker.park(t, 1) as [net.Socket]
  lane.closeOurs()
  await parker.block()
  client.write('request')
  parker.unblock()
  t.same(await parker.reports('readable'), [0])
})
