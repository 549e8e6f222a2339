import type { ChildProcess } from 'node:child_process'
import cluster from 'node:cluster'
import dgram from 'node:dgram'
import { once } from 'node:events'
import { readdirSync, readlinkSync } from 'node:fs'
import net from 'node:net'
import t, { type Test } from 'tap'
import { type Child, type Ending, forkBy } from '../../../lib/primary/workers/fork.js'
import { descriptors, fixturePath } from '../../helper.js'

// This process is the primary: an exception that would end a primary in production fails this file.

/** Attacks that must end the worker and nothing else, with the expected reason. */
const attacks: Array<[name: string, says: RegExp]> = [
  ['text', /invalid JSON to its IPC channel: 'this is no JSON'/],
  ['binary', /invalid JSON/],
  ['emptyLine', /invalid JSON to its IPC channel: ''/],
  ['ackOutOfTurn', /./],
  ['nackOutOfTurn', /./],
  ['badPort', /port/i],
  ['badAddress', /invalid address: /],
  ['noAddress', /invalid address: 'no\.such\.host\.invalid'/],
  ['badPath', /./],
  ['noPort', /./],
  ['badKey', /./],
  ['badAct', /./],
  ['definesGetter', /./],
  ['objectAct', /./],
  ['closesWhileBinding', /invalid JSON to its IPC channel: 'enough'/],
  ['manyServers', /more than 1024 servers/],
  ['manyWaiting', /faster than/],
  ['answersOnline', /was not sent/],
  ['answersListening', /was not sent/],
  ['answersUnasked', /was not sent/],
  ['endless', /more than 16 MiB/],
  ['long', /more than 16 MiB/],
  ['unread', /does not read the answers/],
  ['handleOfNode', /a descriptor with an internal message of Node's/],
  ['handleOfOurs', /a descriptor with an internal message of Node's/],
  ['handlesWithoutMessage', /a descriptor without a message/]
]

/** Attacks that are effective only if a listener takes handles. */
const handles: Array<[name: string, says: RegExp]> = [
  ['unknownHandle', /is not a 'toString'/],
  ['serverThatIsNone', /is not a 'net\.Server'/],
  ['datagramThatIsNone', /is not a 'dgram\.Socket'/],
  ['socketThatIsDatagram', /is not a 'net\.Socket'/],
  ['datagramOfNoKind', /./]
]

/** What a worker sends with process.send(message, handle). */
const sent = ['socket', 'keptSocket', 'server', 'rawHandle', 'path', 'datagram']

for (const [name, says] of attacks) {
  t.test(`whatever a worker does to its channel breaks that channel, and nothing else: ${name}`, async t => {
    const before = descriptors(process.pid)
    t.match((await broken(fork(t, name))).message, says)
    await settled(before)
  })
}

for (const [name, says] of handles) {
  t.test(`a handle of another type than its message says breaks the channel, and does not leak: ${name}`, async t => {
    take(t, () => {})
    const before = descriptors(process.pid)
    t.match((await broken(fork(t, name))).message, says)
    await settled(before)
  })
}

t.test("a worker cannot use the primary's descriptors, unless they were inherited sockets", async t => {
  const server = net.createServer().listen(0, '127.0.0.1')
  const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1')
  await Promise.all([once(server, 'listening'), once(socket, 'listening')])
  t.teardown(() => {
    server.close()
    socket.close()
  })
  const before = sockets()
  t.ok(before.length >= 2)
  for (const fd of [...before, 0, 1, 2, 1_000_000]) {
    for (const name of ['descriptor', 'datagramDescriptor']) {
      t.match((await broken(fork(t, name, String(fd)))).message, new RegExp(`descriptor ${fd}, which is not a socket that the primary inherited`))
    }
  }
  t.same(sockets(), before)
})

for (const name of ['values', 'deep']) {
  t.test(`a harmless message without a listener is ignored: ${name}`, async t => {
    const { child, done } = fork(t, name)
    child.onBroken(err => { t.fail(err.message) })
    await done
  })
}

for (const name of ['sameKey', 'sameKeyDatagram']) {
  t.test(`a worker that asks again for a port that it has gets an error, and uses no more descriptors: ${name}`, async t => {
    const before = descriptors(process.pid)
    const { child, done, ended } = fork(t, name)
    child.onBroken(err => { t.fail(err.message) })
    await done
    t.ok(descriptors(process.pid) < before + 20)
    child.kill('SIGKILL')
    await ended
    await settled(before)
  })
}

for (const name of sent) {
  t.test(`a handle that nobody takes is closed, and its message arrives: ${name}`, async t => {
    const messages: unknown[] = []
    const listen = (_worker: unknown, message: unknown): void => { messages.push(message) }
    cluster.on('message', listen)
    t.teardown(() => { cluster.off('message', listen) })
    const before = descriptors(process.pid)
    const { child, done, ended } = fork(t, name)
    child.onBroken(err => { t.fail(err.message) })
    await done
    t.match(messages, [{ a: 1 }, 'done'])
    child.kill('SIGKILL')
    await ended
    await settled(before)
  })
}

for (const [name, kind] of [['socket', 'Socket'], ['server', 'Server'], ['rawHandle', 'TCP'], ['path', 'Socket'], ['datagram', 'Socket']] as const) {
  t.test(`a handle that a listener of the app takes belongs to the app: ${name}`, async t => {
    const before = descriptors(process.pid)
    const taken = new Promise<{ close? (): void, destroy? (): void, constructor: { name: string } }>(resolve => { take(t, resolve) })
    const { child, ended } = fork(t, name)
    const handle = await taken
    t.equal(handle.constructor.name, kind)
    child.kill('SIGKILL')
    await ended
    if (handle.close === undefined) handle.destroy?.()
    else handle.close()
    await settled(before)
  })
}

t.test('the error of a socket that an app takes without an error listener does not end the primary', async t => {
  const taken = new Promise<net.Socket>(resolve => { take(t, resolve as (handle: unknown) => void) })
  const { child } = fork(t, 'resetSocket')
  const socket = await taken
  if (!socket.closed) await new Promise(resolve => { socket.once('close', resolve) })
  t.pass('this process is still here')
  child.kill('SIGKILL')
})

t.test("this package's own messages count, before and after the channel was broken", async t => {
  const { child, ended } = fork(t, 'ackAroundText')
  const acks: unknown[] = []
  child.channel.on('internalMessage', message => { if ((message as { type?: string }).type === 'ack') acks.push(message) })
  child.onBroken(() => { child.kill('SIGKILL') })
  await ended
  t.match(acks, [{ number: 1 }, { number: 2 }, { number: 3 }])
})

for (const name of ['heir', 'heirAndHalfALine', 'heirThatAcksNothing']) {
  t.test(`a channel that outlives its worker is closed: ${name}`, async t => {
    const before = descriptors(process.pid)
    const { child, done, ended } = fork(t, name)
    const heir = Number(await done)
    t.teardown(() => { process.kill(heir, 'SIGKILL') })
    const server = net.createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const worker = child.channel as ChildProcess
    worker.send('server', server)
    child.kill('SIGKILL')
    await ended
    server.close()
    await settled(before)
    t.notOk(worker.connected)
    t.notOk(cluster.workers?.[child.id])
  })
}

interface Forked { child: Child, done: Promise<unknown>, ended: Promise<Ending> }

/** A worker that does this. `done` resolves when it has. */
function fork (t: Test, ...args: string[]): Forked {
  const child = forkBy({ exec: fixturePath('channel.mjs'), args, execArgv: ['--no-deprecation'], env: { NODE_OPTIONS: '' } })({ primary: process.pid, generation: 0, slot: 0, lane: 'ipc' }, [])
  const ended = new Promise<Ending>(resolve => { child.onExit(resolve) })
  const done = new Promise<unknown>(resolve => {
    const channel = child.channel as unknown as NodeJS.EventEmitter
    channel.on('message', (message: { done?: unknown } | string) => { if (message === 'done' || (message as { done?: unknown } | null)?.done !== undefined) resolve((message as { done?: unknown }).done) })
  })
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return { child, done, ended }
}

/** Resolves with the reason for which the channel was broken, when the worker has exited. */
async function broken ({ child, ended }: Forked): Promise<Error> {
  const err = await new Promise<Error>(resolve => { child.onBroken(resolve) })
  child.kill('SIGKILL')
  await ended
  return err
}

function take (t: Test, taken: (handle: { constructor: { name: string } }) => void): void {
  const listener = (_worker: unknown, _message: unknown, handle: { constructor: { name: string } } | undefined): void => { if (handle != null) taken(handle) }
  cluster.on('message', listener)
  t.teardown(() => { cluster.off('message', listener) })
}

/** Resolves when this process has no more descriptors than before. */
async function settled (before: number): Promise<void> {
  while (descriptors(process.pid) > before) await new Promise(setImmediate)
}

/** The descriptors of this process that are sockets. */
function sockets (): number[] {
  return readdirSync('/proc/self/fd').map(Number).filter(fd => {
    try {
      return fd > 2 && readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:')
    } catch {
      return false // the descriptor of the folder
    }
  })
}
