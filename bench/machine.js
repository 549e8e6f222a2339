import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'

/**
 * The machine and the versions that the figures depend on, as lines for the report.
 * @param {import('./bench.js').Bench} bench
 */
export function describeMachine ({ tools }) {
  const { newConnections, keepAlive } = tools
  return {
    Date: new Date().toISOString().slice(0, 10),
    CPU: `${os.availableParallelism()} × ${os.cpus()[0]?.model.trim() ?? process.arch}`,
    Memory: `${Math.round(os.totalmem() / 2 ** 30)} GiB`,
    Kernel: `${os.type()} ${os.release()} ${os.arch()}`,
    Node: process.version,
    'shared-fastify': [version('../package.json'), commit()].filter(Boolean).join(', commit '),
    Fastify: version('../node_modules/fastify/package.json'),
    PM2: version('pm2/package.json'),
    Watt: version('wattpm/package.json'),
    '@socket.io/sticky': version('@socket.io/sticky/package.json'),
    'Load by': [...new Set([newConnections, keepAlive].map(({ name, is }) => `${name} ${is}`))].join('; '),
    'Load average at the start': os.loadavg()[0].toFixed(1)
  }
}

function version (path) {
  return JSON.parse(readFileSync(createRequire(import.meta.url).resolve(path), 'utf8')).version
}

function commit () {
  const { status, stdout } = spawnSync('git', ['describe', '--always', '--dirty'], { cwd: new URL('.', import.meta.url), encoding: 'utf8' })
  return status === 0 ? stdout.trim() : undefined
}
