import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, fstatSync, openSync, readdirSync, readSync, writeSync } from 'node:fs'
import net, { type AddressInfo } from 'node:net'
import { constants } from 'node:os'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { loadAddon, type Poller } from '../../lib/lane/addon.js'
import { bindTcp, type RawHandle } from '../../lib/platform/node-internals.js'
import { fixturePath } from '../helper.js'

const run = promisify(execFile)
const addon = loadAddon()
const room = (): Int32Array => new Int32Array(addon.FRAME_SIZE)

interface Received { number: number, key: string, notes: string, count: number, arrived: number, pipes: [low: number, high: number], fds: number[] }

/** The wire of one worker, with both ends in this process. */
function wire (t: Test): { ours: number, theirs: number, row: BigUint64Array, receive: () => Promise<Received>, receiver: () => Poller, ack: () => Promise<number[]> } {
  const [ours, theirs] = addon.pair()
  const rowFd = addon.createRow()
  const memory = addon.mapRow(rowFd)
  closeSync(rowFd)
  const frames = new Mailbox<Received>()
  const acks = new Mailbox<number[]>()
  const fds = room()
  const receiver = addon.receive(theirs, memory, fds, (number, key, notes, count, arrived, ...pipes) => {
    frames.put({ number, key, notes, count, arrived, pipes, fds: [...fds.subarray(0, arrived)] })
  })
  const acking = addon.acks(ours, (...ack) => { acks.put(ack) })
  const alive = setInterval(() => {}, 1_000) // neither poller keeps the process alive
  t.teardown(() => {
    clearInterval(alive)
    addon.unpoll(receiver)
    addon.unpoll(acking)
    closeSync(ours)
    closeSync(theirs)
  })
  return { ours, theirs, row: new BigUint64Array(memory), receive: async () => await frames.take(), receiver: () => receiver, ack: async () => await acks.take() }
}

class Mailbox<T> {
  readonly #items: T[] = []
  readonly #takers: Array<(item: T) => void> = []

  put (item: T): void {
    const taker = this.#takers.shift()
    if (taker === undefined) this.#items.push(item)
    else taker(item)
  }

  async take (): Promise<T> {
    return this.#items.length > 0 ? this.#items.shift() as T : await new Promise(resolve => this.#takers.push(resolve))
  }
}

function openDescriptors (): number {
  return readdirSync('/proc/self/fd').length
}

t.test('a frame arrives complete: its number, its key, its descriptors in order', async t => {
  const { ours, receive, row } = wire(t)
  const fds = room()
  for (let i = 0; i < 64; i++) fds[i] = openSync(i % 2 === 0 ? '/dev/null' : '/dev/zero', 'r')
  t.equal(addon.send(ours, 2 ** 40, 'localhost:3000', '', fds, 64), 0)
  const frame = await receive()
  t.match(frame, { number: 2 ** 40, key: 'localhost:3000', count: 64, arrived: 64, pipes: [0, 0] })
  frame.fds.forEach((fd, i) => {
    t.equal(fstatSync(fd).rdev, fstatSync(fds[i] as number).rdev, `descriptor ${i}`)
  })
  t.equal(row[0], 2n ** 40n, 'the row has the number of the frame')
  t.equal(row[1], 0n, 'and that nothing is taken')
  for (const fd of [...frame.fds, ...fds]) addon.close(fd)
})

t.test('taken connections are recorded in the row, and a new frame starts with none', async t => {
  const { ours, receive, row, receiver } = wire(t)
  addon.send(ours, 1, 'key', '', room(), 0)
  await receive()
  addon.take(receiver(), 0)
  addon.take(receiver(), 31)
  addon.take(receiver(), 63)
  t.equal(row[1], 1n | 1n << 31n | 1n << 63n)
  addon.send(ours, 2, 'key', '', room(), 0)
  await receive()
  t.equal(row[0], 2n)
  t.equal(row[1], 0n)
})

t.test('an ack contains the refused connections, bit by bit', async t => {
  const { ours, theirs, receive, ack } = wire(t)
  addon.send(ours, 7, 'key', '', room(), 0)
  const { number } = await receive()
  t.equal(addon.ack(theirs, number, 0x80000001, 0xF0000000, true), 0)
  t.same(await ack(), [7, 0x80000001, 0xF0000000, 1, 0])
})

t.test('connections of Unix sockets are told apart from others, in one frame', async t => {
  const { ours, receive } = wire(t)
  const fds = room()
  const [a, b] = addon.pair()
  const other = openSync('/dev/null', 'r')
  for (let i = 0; i < 64; i++) fds[i] = [1, 31, 32, 63].includes(i) ? a : other
  addon.send(ours, 1, 'key', '', fds, 64)
  const frame = await receive()
  t.same(frame.pipes, [0x80000002, 0x80000001])
  for (const fd of [a, b, other, ...frame.fds]) closeSync(fd)
})

t.test('whether a descriptor listens: a server does, a socket that is only bound does not, nor does anything else', async t => {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const bound = bindTcp('127.0.0.1', 0) as RawHandle
  const file = openSync('/dev/null', 'r')
  t.equal(addon.listens((server as unknown as { _handle: { fd: number } })._handle.fd), true)
  t.equal(addon.listens(bound.fd), false)
  t.equal(addon.listens(file), false)
  closeSync(file)
  bound.close()
  server.close()
})

t.test('a frame can be taken back once, and not after it was received', async t => {
  const { ours, theirs, receive, receiver } = wire(t)
  const fds = room()
  fds[0] = openSync('/dev/null', 'r')
  const before = openDescriptors()
  addon.send(ours, 1, 'key', '', fds, 1)
  t.equal(addon.takeBack(theirs, 1), 1)
  t.equal(addon.takeBack(theirs, 1), -constants.errno.EAGAIN)
  t.equal(openDescriptors(), before, 'with no more descriptors in this process')
  addon.send(ours, 2, 'key', '', fds, 1)
  const frame = await receive()
  t.equal(frame.number, 2, 'the worker never saw the first')
  t.equal(addon.takeBack(theirs, 2), -constants.errno.EAGAIN)
  closeSync(frame.fds[0] as number)
  closeSync(fds[0])
  t.ok(receiver())
})

t.test('a frame is taken back by its number: another frame before it is not confused with it', async t => {
  const [ours, theirs] = addon.pair()
  addon.send(ours, 1, 'key', '', room(), 0)
  addon.send(ours, 2, 'a key that is longer than a header', '', room(), 0)
  t.equal(addon.takeBack(theirs, 2), -constants.errno.EPROTO)
  t.equal(addon.takeBack(theirs, 2), 1)
  closeSync(ours)
  closeSync(theirs)
})

t.test('frames that were not received are discarded with their descriptors, though their end stays open', async t => {
  const [ours, theirs] = addon.pair()
  const [client, server] = addon.pair()
  const fds = room()
  fds[0] = server
  for (const number of [1, 2, 3]) addon.send(ours, number, 'key', '', fds, 1)
  closeSync(server)
  addon.discard(theirs)
  t.equal(readSync(client, Buffer.alloc(1)), 0, 'no process has the connection')
  addon.discard(theirs)
  for (const fd of [client, ours, theirs]) closeSync(fd)
})

t.test('a message of another length, or with impossible contents, is not an ack', async t => {
  const ack = (leaving: number, reserved: number): Buffer => {
    const bytes = Buffer.alloc(24)
    bytes.writeBigUInt64LE(1n)
    bytes.writeUInt32LE(leaving, 16)
    bytes.writeUInt32LE(reserved, 20)
    return bytes
  }
  for (const bytes of [ack(0, 0).subarray(0, 23), Buffer.concat([ack(0, 0), Buffer.alloc(1)]), ack(2, 0), ack(0, 1)]) {
    const { theirs, ack: received } = wire(t)
    writeSync(theirs, bytes)
    t.same(await received(), [0, 0, 0, 0, -constants.errno.EPROTO])
  }
})

t.test('a full channel rejects a frame and keeps the earlier ones', async t => {
  const [ours, theirs] = addon.pair()
  t.teardown(() => { closeSync(ours); closeSync(theirs) })
  const fds = room()
  fds[0] = openSync('/dev/null', 'r')
  let sent = 0
  while (addon.send(ours, sent + 1, 'key', '', fds, 1) === 0) sent++
  t.equal(addon.send(ours, sent + 1, 'key', '', fds, 1), -constants.errno.EAGAIN)
  let back = 0
  while (addon.takeBack(theirs, back + 1) === 1) back++
  t.equal(back, sent)
  t.equal(addon.send(ours, sent + 1, 'key', '', fds, 1), 0, 'and has room again then')
  closeSync(fds[0])
})

for (const roomFor of [0, 1, 7]) {
  t.test(`with room for ${roomFor} of 8 descriptors, that many arrive and the count is 8`, async t => {
    const { stdout } = await run('sh', ['-c', 'ulimit -n 96; exec "$@"', 'sh', process.execPath, fixturePath('native/limits.mjs'), 'truncated', String(roomFor)], { env: { ...process.env, NODE_OPTIONS: '' } })
    t.same(JSON.parse(stdout), { number: 1, key: 'key', count: 8, arrived: roomFor })
  })
}

t.test('if too many descriptors are in flight, a frame is rejected as a whole and can be sent later', async t => {
  // The kernel exempts root from this limit.
  const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}
  const { stdout } = await run('sh', ['-c', 'ulimit -n 64; exec "$@"', 'sh', process.execPath, fixturePath('native/limits.mjs'), 'in-flight'], { ...nobody, env: { PATH: process.env['PATH'] } })
  const { frames, error, back, again } = JSON.parse(stdout) as Record<string, number>
  t.equal(error, -109, 'ETOOMANYREFS') // os.constants has no name for it
  t.ok(frames as number > 0)
  t.equal(back, frames)
  t.equal(again, 0)
})

t.test('accept takes a batch at a time, and the rest in the next iterations', async t => {
  const bound = bindTcp('127.0.0.1', 0) as RawHandle
  const name: Partial<AddressInfo> = {}
  bound.getsockname?.(name)
  const fds = room()
  const counts: number[] = []
  const all = new Mailbox<true>()
  const listener = addon.listen(bound.fd, 511, fds, (count, error) => {
    t.equal(error, 0)
    counts.push(count)
    for (const fd of fds.subarray(0, count)) addon.close(fd)
    if (counts.reduce((a, b) => a + b) === 100) all.put(true)
  })
  addon.pause(listener)
  const sockets = Array.from({ length: 100 }, () => net.connect(name.port as number, '127.0.0.1'))
  await Promise.all(sockets.map(async socket => { await new Promise(resolve => socket.once('connect', resolve)) }))
  t.same(counts, [], 'nothing while it is paused: the kernel holds them')
  addon.resume(listener)
  await all.take()
  t.ok(Math.max(...counts) <= addon.FRAME_SIZE)
  t.equal(counts[0], addon.FRAME_SIZE)
  for (const socket of sockets) socket.destroy()
  addon.unpoll(listener)
  bound.close()
})

t.test("while it is paused, connections in the kernel's queue can be accepted, a batch at a time", async t => {
  const bound = bindTcp('127.0.0.1', 0) as RawHandle
  const name: Partial<AddressInfo> = {}
  bound.getsockname?.(name)
  const fds = room()
  const listener = addon.listen(bound.fd, 511, fds, () => { t.fail('not paused') })
  addon.pause(listener)
  const sockets = Array.from({ length: 70 }, () => net.connect(name.port as number, '127.0.0.1'))
  await Promise.all(sockets.map(async socket => { await new Promise(resolve => socket.once('connect', resolve)) }))
  for (const count of [64, 6, 0]) {
    t.equal(addon.accept(listener), count)
    for (const fd of fds.subarray(0, count)) addon.close(fd)
  }
  for (const socket of sockets) socket.destroy()
  addon.unpoll(listener)
  bound.close()
})

t.test('if listen(2) fails, its own error is thrown, and nothing is polled', async t => {
  const fd = openSync('/dev/null', 'r')
  t.throws(() => addon.listen(fd, 1, room(), () => {}), { code: 'ENOTSOCK', errno: -constants.errno.ENOTSOCK })
  closeSync(fd)
})

t.test("a client's address is its IP address, or undefined for a Unix socket", async t => {
  const server = net.createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const socket = net.connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [accepted] = await Promise.all([
    new Promise<net.Socket>(resolve => server.once('connection', resolve)),
    new Promise(resolve => socket.once('connect', resolve))
  ])
  t.equal(addon.address((accepted as unknown as { _handle: { fd: number } })._handle.fd), '127.0.0.1')
  const [a, b] = addon.pair()
  t.equal(addon.address(a), undefined)
  closeSync(a)
  closeSync(b)
  socket.destroy()
  server.close()
})

t.test('a reset closes the connection, and a TCP client gets RST', async t => {
  const bound = bindTcp('127.0.0.1', 0) as RawHandle
  const name: Partial<AddressInfo> = {}
  bound.getsockname?.(name)
  const before = openDescriptors()
  const fds = room()
  const accepted = new Mailbox<number>()
  const listener = addon.listen(bound.fd, 511, fds, () => { accepted.put(fds[0] as number) })
  const socket = net.connect(name.port as number, '127.0.0.1')
  const error = new Promise<NodeJS.ErrnoException>(resolve => socket.once('error', resolve))
  addon.reset(await accepted.take())
  t.equal((await error).code, 'ECONNRESET')
  const [a, b] = addon.pair()
  addon.reset(a)
  t.equal(readSync(b, Buffer.alloc(1)), 0, 'a client of a Unix socket gets the end')
  closeSync(b)
  addon.unpoll(listener)
  t.equal(openDescriptors(), before)
  bound.close()
})

t.test('an exception in a callback is an uncaught exception', async t => {
  const script = `
    import { loadAddon } from ${JSON.stringify(new URL('../../dist/lane/addon.js', import.meta.url).href)}
    const addon = loadAddon()
    const [ours, theirs] = addon.pair()
    addon.receive(theirs, addon.mapRow(addon.createRow()), new Int32Array(64), () => { throw new Error('from the callback') })
    process.once('uncaughtException', ({ message }) => { console.log(message); process.exit() })
    setInterval(() => {}, 1000)
    addon.send(ours, 1, 'key', '', new Int32Array(64), 0)`
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { env: { ...process.env, NODE_OPTIONS: '' } })
  t.equal(stdout.trim(), 'from the callback')
})

t.test('a closed poller, or something that is not a poller, is an error and not a crash', async t => {
  const [ours, theirs] = addon.pair()
  const acks = addon.acks(ours, () => {})
  addon.unpoll(acks)
  t.throws(() => { addon.unpoll(acks) }, { code: 'ERR_INVALID_STATE' })
  t.throws(() => { addon.pause({} as Poller) }, { code: 'ERR_INVALID_STATE' })
  closeSync(theirs)
  closeSync(ours)
})

t.test('wrong arguments are errors, and leak nothing', async t => {
  const before = openDescriptors()
  const calls: Array<() => unknown> = [
    () => addon.send(0, 1, 'x'.repeat(1000), '', room(), 0),
    () => addon.send(0, 1, 'key', '', room(), 65),
    () => addon.send(0, -1, 'key', '', room(), 0),
    () => addon.send(0, 1, 'key', '', new Int32Array(1), 1),
    () => addon.send(0, 1, 'key', '', new Uint8Array(64) as unknown as Int32Array, 1),
    () => { (addon.close as unknown as (fd: string) => void)('1') },
    () => { (addon.reset as unknown as (fd: string) => void)('1') },
    () => addon.mapRow(-1),
    () => addon.receive(0, new ArrayBuffer(1), room(), () => {}),
    () => (addon.listen as unknown as () => void)()
  ]
  for (const call of calls) t.throws(call)
  t.equal(openDescriptors(), before)
})

t.test('both ends can be closed in any order, with frames and acks in flight', async t => {
  const before = openDescriptors()
  for (const order of [[0, 1, 2, 3], [3, 2, 1, 0], [1, 0, 3, 2], [2, 0, 3, 1]]) {
    const [ours, theirs] = addon.pair()
    const rowFd = addon.createRow()
    const receiver = addon.receive(theirs, addon.mapRow(rowFd), room(), () => {})
    const acks = addon.acks(ours, () => {})
    const fds = room()
    fds[0] = openSync('/dev/null', 'r')
    addon.send(ours, 1, 'key', '', fds, 1)
    addon.ack(theirs, 1, 0, 0, false)
    // A poller's descriptor is closed after the poller, never before.
    const closes = [
      () => { addon.unpoll(receiver); closeSync(theirs) },
      () => { addon.unpoll(acks); closeSync(ours) },
      () => { closeSync(rowFd) },
      () => { closeSync(fds[0] as number) }
    ]
    for (const place of order) closes[place]?.()
    await new Promise(resolve => setImmediate(resolve))
  }
  t.equal(openDescriptors(), before)
})

t.test('descriptors are not inherited across exec', async t => {
  const [ours, theirs] = addon.pair()
  const rowFd = addon.createRow()
  const { stdout } = await run('ls', ['-l', '/proc/self/fd'])
  t.notMatch(stdout, /shared-fastify-row/)
  t.notMatch(stdout, new RegExp(` ${ours} -> socket`))
  for (const fd of [ours, theirs, rowFd]) closeSync(fd)
})

t.test('bytes pass through a descriptor that was handed off', async t => {
  const { ours, receive } = wire(t)
  const [client, server] = addon.pair()
  const fds = room()
  fds[0] = server
  addon.send(ours, 1, 'key', '', fds, 1)
  closeSync(server)
  const { fds: [arrived] } = await receive()
  writeSync(client, 'ping')
  const buffer = Buffer.alloc(4)
  readSync(arrived as number, buffer)
  t.equal(buffer.toString(), 'ping')
  closeSync(client)
  closeSync(arrived as number)
})

t.test('a message to a service manager that is not there, or to a name that is none, costs nothing but the error', async t => {
  const before = openDescriptors()
  t.equal(addon.notify('/nowhere/notify', 'READY=1'), -constants.errno.ENOENT)
  t.equal(addon.notify(`@shared-fastify-nobody-${process.pid}`, 'READY=1'), -constants.errno.ECONNREFUSED)
  t.equal(addon.notify('', 'READY=1'), -constants.errno.ENAMETOOLONG)
  t.throws(() => addon.notify('a'.repeat(109), 'READY=1'), { code: 'ERR_OUT_OF_RANGE' })
  t.throws(() => addon.notify('/nowhere/notify', 'a'.repeat(4_097)), { code: 'ERR_OUT_OF_RANGE' })
  t.throws(() => addon.notify(1 as unknown as string, 'READY=1'), { code: 'ERR_OUT_OF_RANGE' })
  t.equal(openDescriptors(), before)
})
