// WebSockets over several workers: each connection stays with the worker that it was handed to. A worker
// knows only its own clients; messages for all clients have to go through a broker.
//
//   npx shared-fastify example/websocket.ts --workers 4
//   node -e "const ws = new WebSocket('ws://localhost:3000/echo')
//            ws.onopen = () => ws.send('hello')
//            ws.onmessage = ({ data }) => { console.log(data); if (data === 'hello') ws.close() }"
//
// (Node 20 has no WebSocket yet: npx wscat -c ws://localhost:3000/echo)
//
// When a worker drains, @fastify/websocket closes its clients with 1012 "Service Restart": they reconnect,
// and reach another worker. docs/OPERATING.md says how to close them gradually.
import websocket from '@fastify/websocket'
import type { FastifyInstance } from 'fastify'

export default async function app (fastify: FastifyInstance): Promise<void> {
  await fastify.register(websocket)

  fastify.get('/echo', { websocket: true }, socket => {
    socket.send(`you are with worker ${fastify.sharedPort.workerId}`)
    socket.on('message', message => { socket.send(message.toString()) })
  })

  fastify.get('/', async () => ({
    worker: fastify.sharedPort.workerId,
    clients: fastify.websocketServer.clients.size
  }))
}
