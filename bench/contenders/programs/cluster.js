// The smallest possible primary of node:cluster.
import cluster from 'node:cluster'
import { fileURLToPath } from 'node:url'

cluster.setupPrimary({ exec: fileURLToPath(new URL('serve.js', import.meta.url)) })
for (let i = 0; i < Number(process.env.BENCH_WORKERS); i++) cluster.fork()
cluster.on('exit', () => { cluster.fork() })
