import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import net from 'node:net'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { bindTcp, type RawHandle } from '../../lib/platform/node-internals.js'
import { loadAddon } from '../../lib/lane/addon.js'
import { type Connection, openLane } from '../../lib/lane.js'
import { NativeLane } from '../../lib/lane/native.js'
import { overloadAnswer } from '../../lib/primary/ports/overload-answer.js'
import { shortFolder } from '../fakes.js'
import { fixturePath, LANES, perLane } from '../helper.js'
import { killChildAtEnd } from '../reaper.js'
import { Arrivals, bind, Client, descriptorsLike, KINDS, openDescriptors } from './sockets.js'

const answer = overloadAnswer(1)()
const REQUEST = Buffer.concat([Buffer.from('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 65536\r\n\r\n'), Buffer.alloc(65_536)])
const CUT = /^(ECONNRESET|EPIPE)$/

/** A port of the lane. */
function listen (t: Test, lane: typeof LANES[number], kind: typeof KINDS[number]): { to: net.NetConnectOpts, accepted: () => Promise<Connection> } {
  const { bound, to } = bind(t, kind)
  const arrivals = new Arrivals<Connection>()
  const acceptor = openLane(lane, pino({ level: 'silent' })).listen(bound, 511, {
    onConnections: connections => { arrivals.put(...connections) },
    onError: err => { throw err }
  })
  t.teardown(async () => { await acceptor.close() })
  return { to, accepted: async () => await arrivals.next() }
}

for (const kind of KINDS) {
  // Node's client takes an RST that arrives with the answer for the end. It has to write to notice the RST.
  perLane(t, `a client that sends its request before it reads gets the complete answer, over ${kind}`, async (t, lane) => {
    const { to, accepted } = listen(t, lane, kind)
    const before = openDescriptors()
    const half = REQUEST.length / 2
    for (let round = 0; round < 200; round++) {
      const client = new Client(t, to, { stays: true })
      await new Promise(resolve => client.socket.write(REQUEST.subarray(0, half), resolve))
      const connection = await accepted()
      connection.shed(answer) // while half of it is unread
      await client.ended()
      client.socket.end(REQUEST.subarray(half))
      const end = await client.closed
      if (end !== 'end' || client.text !== answer.toString()) t.fail(`round ${round}: ${end} after ${client.text.length} bytes`)
    }
    t.equal(await descriptorsLike(before), before, 'and nothing is left')
  })

  perLane(t, `a client that is sending a body of a megabyte can complete it, over ${kind}`, async (t, lane) => {
    const { to, accepted } = listen(t, lane, kind)
    const before = openDescriptors()
    for (let round = 0; round < 50; round++) {
      const client = new Client(t, to, { stays: true })
      client.socket.end(Buffer.alloc(1_048_576))
      const connection = await accepted()
      connection.shed(answer)
      const end = await client.closed
      if (end !== 'end' || client.text !== answer.toString()) t.fail(`round ${round}: ${end} after ${client.text.length} bytes`)
    }
    t.equal(await descriptorsLike(before), before, 'and nothing is left')
  })

  perLane(t, `clients that never close are disconnected, and nothing leaks, over ${kind}`, async (t, lane) => {
    const { to, accepted } = listen(t, lane, kind)
    const before = openDescriptors()
    const [silent, other] = [new Client(t, to, { stays: true }), new Client(t, to, { stays: true })]
    for (const client of [silent, other]) {
      const connection = await accepted()
      connection.shed(answer)
      await client.ended()
      t.equal(client.text, answer.toString())
    }
    other.floods(Buffer.alloc(1), 10) // it would not notice otherwise
    t.match(await other.closed, CUT)
    t.equal(await descriptorsLike(before + 1), before + 1)
    silent.socket.destroy()
    t.equal(await descriptorsLike(before), before)
  })

  perLane(t, `a client that sends without end is disconnected, over ${kind}`, async (t, lane) => {
    const { to, accepted } = listen(t, lane, kind)
    const before = openDescriptors()
    const client = new Client(t, to, { stays: true })
    client.floods(REQUEST)
    const connection = await accepted()
    connection.shed(answer)
    t.match(await client.closed, CUT)
    t.equal(await descriptorsLike(before), before)
  })

  perLane(t, `a client that has already sent FIN gets the answer, over ${kind}`, async (t, lane) => {
    const { to, accepted } = listen(t, lane, kind)
    const before = openDescriptors()
    const client = new Client(t, to)
    client.socket.end(REQUEST)
    await once(client.socket, 'finish')
    const connection = await accepted()
    connection.shed(answer)
    t.equal(await client.closed, 'end')
    t.equal(client.text, answer.toString())
    t.equal(await descriptorsLike(before), before)
  })

  perLane(t, `a client that is gone is not an error, over ${kind}`, async (t, lane) => {
    const { to, accepted } = listen(t, lane, kind)
    const before = openDescriptors()
    for (const leave of [(socket: net.Socket) => { socket.destroy() }, (socket: net.Socket) => { kind === 'TCP' ? socket.resetAndDestroy() : socket.destroy() }]) {
      for (const end of ['shed', 'reset'] as const) {
        const client = new Client(t, to)
        client.socket.write(REQUEST)
        const connection = await accepted()
        leave(client.socket)
        await client.closed
        connection[end](answer)
        t.equal(await descriptorsLike(before), before)
      }
    }
  })

  perLane(t, `beyond 1,024, the oldest are closed, over ${kind}`, async (t, lane) => {
    const { to, accepted } = listen(t, lane, kind)
    const before = openDescriptors()
    const clients: Client[] = []
    const connections: Connection[] = []
    while (clients.length < 1_100) {
      clients.push(new Client(t, to, { stays: true }))
      connections.push(await accepted())
    }
    t.equal(openDescriptors(), before + 2_200)
    for (const connection of connections) connection.shed(answer)
    t.equal(openDescriptors(), before + 1_100 + 1_024)
    for (const client of clients) {
      await client.ended()
      client.socket.destroy()
    }
    t.ok(clients.every(({ text }) => text === answer.toString()), 'all have the answer, since they had sent nothing')
    t.equal(await descriptorsLike(before), before)
  })

  perLane(t, `a process exits while connections linger, over ${kind}`, async (t, lane) => {
    const child = execFile(process.execPath, [fixturePath('lingers.mjs'), lane, ...(kind === 'TCP' ? [] : [`${shortFolder(t)}/socket`])], { env: { ...process.env, NODE_OPTIONS: '' } })
    t.teardown(() => child.kill('SIGKILL'))
    killChildAtEnd(child)
    const lines = new Arrivals<string>()
    child.stdout?.on('data', chunk => { lines.put(...String(chunk).trim().split('\n')) })
    const ended = once(child, 'close')
    const name = await lines.next()
    const client = new Client(t, kind === 'TCP' ? { host: '127.0.0.1', port: Number(name) } : { path: name }, { stays: true })
    t.equal(await lines.next(), 'lingering at the exit: 1')
    t.same(await ended, [0, null])
    await client.ended()
    t.equal(client.text, 'an answer')
  })
}

perLane(t, 'a client that is reset gets ECONNRESET, whether it has sent something or not', async (t, lane) => {
  const { to, accepted } = listen(t, lane, 'TCP')
  const before = openDescriptors()
  for (const request of ['', REQUEST]) {
    const client = new Client(t, to)
    client.socket.write(request)
    const connection = await accepted()
    connection.reset()
    t.equal(await client.closed, 'ECONNRESET')
    t.equal(client.text, '')
  }
  t.equal(await descriptorsLike(before), before)
})

perLane(t, 'a Unix socket is closed instead of reset', async (t, lane) => {
  const { to, accepted } = listen(t, lane, 'Unix')
  const before = openDescriptors()
  const client = new Client(t, to)
  const connection = await accepted()
  connection.reset()
  t.equal(await client.closed, 'end')
  t.equal(await descriptorsLike(before), before)
})

t.test('a descriptor that libuv rejects is closed nevertheless', async t => {
  const addon = loadAddon()
  let fds: Int32Array | undefined
  const lane = new NativeLane({
    ...addon,
    listen (fd, backlog, room, onConnections) {
      fds = room
      return addon.listen(fd, backlog, room, onConnections)
    },
    accept (listener) {
      if (fds === undefined) return addon.accept(listener)
      fds[0] = openSync('/dev/null', 'r')
      fds = undefined
      return 1
    }
  })
  const acceptor = lane.listen(bindTcp('127.0.0.1', 0) as RawHandle, 1, { onConnections () {}, onError () {} })
  t.teardown(async () => { await acceptor.close() })
  const before = openDescriptors()
  const [connection] = acceptor.accept()
  t.equal(openDescriptors(), before + 1)
  connection?.shed(answer)
  t.equal(openDescriptors(), before)
})
