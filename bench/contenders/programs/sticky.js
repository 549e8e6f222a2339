// @socket.io/sticky's primary. Its default, least-connection, counts only clients of Socket.IO: all plain HTTP
// would go to one worker.
import cluster from 'node:cluster'
import http from 'node:http'
import { fileURLToPath } from 'node:url'
import { setupPrimary } from '@socket.io/sticky'

const { BENCH_PORT, BENCH_WORKERS } = process.env

const server = http.createServer()
setupPrimary(server, { loadBalancingMethod: 'round-robin' })
server.listen(Number(BENCH_PORT), '127.0.0.1')

cluster.setupPrimary({
  exec: fileURLToPath(new URL('sticky-worker.js', import.meta.url)),
  serialization: 'advanced' // which it demands: it sends buffers
})
for (let i = 0; i < Number(BENCH_WORKERS); i++) cluster.fork()
cluster.on('exit', () => { cluster.fork() })
