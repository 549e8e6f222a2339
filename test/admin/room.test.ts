import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { type Limits, Room } from '../../lib/admin/room.js'

const NEVER = 2 ** 30
const patient: Limits = { connections: 4, requests: 4, request: NEVER, idle: NEVER, stall: NEVER, look: 5 }

const GET = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'
/** A request whose body never ends. */
const DRIP = 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nx'

/** A client of the server. */
interface Client {
  socket: Socket
  /** Resolves when the server has closed the connection. */
  closed: Promise<void>
  /** Sends a request; resolves with the answer. */
  ask (text: string): Promise<string>
}

/** Starts a server with a room. By default it answers all requests at once; `handled` counts them. */
async function open (t: Test, limits: Partial<Limits>, listener: RequestListener = (_request, response) => { response.end('answer') }) {
  let handled = 0
  const inForce = { ...patient, ...limits }
  const room = new Room(inForce)
  const server = room.createServer((request, response) => {
    handled++
    server.emit('handled')
    listener(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    room.close()
    server.close()
  })
  return {
    server,
    /** A test may change the limits when all its requests are in progress. */
    limits: inForce,
    handled: () => handled,
    /** Resolves when the server has the connection. */
    async client (): Promise<Client> {
      const accepted = once(server, 'connection')
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').setEncoding('utf8')
      socket.on('error', () => {}) // the connection is reset
      const closed = new Promise<void>(resolve => { socket.once('close', () => { resolve() }) })
      await accepted
      socket.resume()
      return {
        socket,
        closed,
        async ask (text) {
          socket.write(text)
          return String((await once(socket, 'data'))[0])
        }
      }
    },
    /** Sends a request; resolves when the server's handler has it. */
    async sends ({ socket }: Client, text: string): Promise<void> {
      socket.write(text)
      await once(server, 'handled')
    }
  }
}

const answered = /^HTTP\/1\.1 200 OK[^]*answer$/

t.test('new connections are always accepted: the one that has been idle for longest is closed', async t => {
  const { client } = await open(t, {})
  const clients = [await client(), await client(), await client(), await client()]
  t.match(await clients[0]?.ask(GET), answered)
  const next = await client()
  await clients[1]?.closed
  t.match(await next.ask(GET), answered)
  for (const stays of [0, 2, 3]) t.match(await clients[stays]?.ask(GET), answered)
})

t.test('a connection that is sending a request is closed before one that waits for an answer', async t => {
  const { client, sends } = await open(t, {}, ({ method }, response) => { if (method === 'GET') response.write('answer') })
  const clients = [await client(), await client(), await client(), await client()] as [Client, Client, Client, Client]
  for (const [i, text] of [GET, DRIP, GET, DRIP].entries()) await sends(clients[i] as Client, text)
  for (const goes of [1, 3, 0, 2]) {
    const next = await client()
    await clients[goes]?.closed
    await sends(next, GET)
  }
})

t.test('a client that never sends a request is disconnected', async t => {
  const { client } = await open(t, { request: 1 })
  await (await client()).closed
  t.pass()
})

t.test('a client whose first headers do not end is disconnected', async t => {
  const { client } = await open(t, { request: 1 })
  const { socket, closed } = await client()
  socket.write('GET / HTTP/1.1\r\nHost: local')
  await closed
  t.pass()
})

t.test('a client whose request body does not end is disconnected, before its answer and after it', async t => {
  for (const listener of [() => {}, undefined]) {
    const { client, sends, limits } = await open(t, {}, listener)
    const dripping = await client()
    await sends(dripping, DRIP)
    limits.request = 1
    await dripping.closed
    t.pass()
  }
})

t.test('a client that sends no further request is disconnected', async t => {
  const { client } = await open(t, { idle: 1 })
  const { ask, closed } = await client()
  t.match(await ask(GET), answered)
  await closed
})

t.test('a client that does not read its answer is disconnected', async t => {
  // A second, because on a busy machine the request itself may take longer than a few milliseconds.
  const { client, server } = await open(t, { stall: 1_000 }, (_request, response) => {
    response.once('close', () => { server.emit('cut') })
    response.end(Buffer.alloc(64 * 1024 * 1024))
  })
  const { socket } = await client()
  socket.pause()
  socket.write(GET)
  await once(server, 'cut')
  t.pass()
  socket.destroy()
})

t.test('an answer may take any time', async t => {
  let answer = (): void => {}
  const { client, sends, limits } = await open(t, {}, ({ method }, response) => { if (method === 'GET') answer = () => { response.end('answer') } })
  const waiting = await client()
  await sends(waiting, GET)
  const dripping = await client()
  await sends(dripping, DRIP)
  limits.request = 1
  await dripping.closed // the check that closes this one has also seen the waiting one
  answer()
  t.match((await once(waiting.socket, 'data'))[0], answered)
})

t.test('a client with too many requests at a time is disconnected, and the excess requests are not handled', async t => {
  const { client, handled } = await open(t, {}, () => {})
  const { socket, closed } = await client()
  socket.write(GET.repeat(1_000))
  await closed
  t.equal(handled(), 4)
})

t.test('a client may send any number of requests, one after another', async t => {
  const { client } = await open(t, {})
  const { ask } = await client()
  for (let i = 0; i < 10; i++) t.match(await ask(GET), answered)
})
