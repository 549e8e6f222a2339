import http from 'node:http'
import { io, type Socket } from 'socket.io-client'
import t, { type Test } from 'tap'
import { perLane, start } from '../helper.js'

const CLIENTS = 8

/**
 * A polling client with an address of its own. Each of its requests is on a new connection: the address is
 * all that the connections of a session have in common.
 */
function connect (t: Test, url: string, address: string): Socket {
  const agent = new http.Agent({ keepAlive: false, localAddress: address })
  const socket = io(url, { transports: ['polling'], forceNew: true, reconnection: false, agent: agent as unknown as string })
  t.teardown(() => { socket.disconnect() })
  return socket
}

/** The data of the next event with this name. */
async function heard (socket: Socket, event: string): Promise<unknown> {
  return await new Promise((resolve, reject) => {
    socket.once(event, resolve)
    socket.once('connect_error', reject)
  })
}

perLane(t, 'Socket.IO: long-polling works with sticky, and a broadcast reaches the clients of every worker', async (t, lane) => {
  const app = start(t, 'socket-io.mjs', { options: { workers: 3, lane, policy: 'sticky' } })
  const url = await app.url()
  const sockets = Array.from({ length: CLIENTS }, (_, i) => connect(t, url, `127.0.2.${i + 1}`))
  const workers = await Promise.all(sockets.map(async socket => await heard(socket, 'worker')))
  t.ok(new Set(workers).size > 1, 'more than one worker has clients')
  const said = sockets.map(async socket => await heard(socket, 'said'))
  sockets[0]?.emit('say', 'hello')
  t.same(await Promise.all(said), Array.from({ length: CLIENTS }, () => 'hello'))
  t.ok(sockets.every(({ connected }) => connected))
})
