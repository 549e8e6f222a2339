import { mkdtempSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Running } from './running.js'

/**
 * @typedef {object} Contender
 * @property {string} name as `--contenders` takes it
 * @property {string} title
 * @property {boolean} [tls] false: it has no TLS
 * @property {(bench: import('../bench.js').Bench) => string | undefined} lacks the reason why it cannot run here
 * @property {(bench: import('../bench.js').Bench, settings: import('./running.js').Settings) => Promise<Running>} start
 */

const command = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
const program = name => fileURLToPath(new URL(`programs/${name}`, import.meta.url))

/** Connections beyond maxPending are answered 503, and so are those that have been pending for a quarter of a second. */
const SHEDDING = ['--on-overload', 'shed', '--pending-timeout', '250']

/** @type {Contender[]} */
export const contenders = [
  sharedFastify('native'),
  sharedFastify('ipc'),
  shedding(sharedFastify('native', SHEDDING)),
  shedding(sharedFastify('ipc', SHEDDING)),
  cluster('cluster-rr', 'node:cluster SCHED_RR', { NODE_CLUSTER_SCHED_POLICY: 'rr' }),
  cluster('cluster-none', 'node:cluster SCHED_NONE', { NODE_CLUSTER_SCHED_POLICY: 'none' }),
  {
    ...cluster('reuse-port', 'reusePort', { BENCH_REUSE_PORT: '1' }),
    lacks: () => hasReusePort() ? undefined : `needs Node 23.1 or later, and this is ${process.version}`
  },
  {
    name: 'single',
    title: 'single process',
    lacks: () => undefined,
    start: async (bench, settings) => await Running.start(bench, { ...settings, workers: 1 }, () => ({ args: [program('serve.js')], primary: 'none' }))
  },
  {
    name: 'pm2',
    title: 'PM2, cluster mode',
    lacks: () => undefined,
    start: startPm2
  },
  {
    name: 'sticky',
    title: '@socket.io/sticky',
    tls: false,
    lacks: () => undefined,
    start: async (bench, settings) => await Running.start(bench, settings, () => ({ args: [program('sticky.js')], primary: 'itself' }))
  },
  {
    name: 'floor',
    title: 'the C floor',
    lacks: ({ floor }) => floor === undefined ? 'needs a C compiler (cc) and the addon' : undefined,
    start: async (bench, settings) => await Running.start(bench, settings, () => ({
      args: [program('floor.js')],
      env: { BENCH_FLOOR: bench.floor },
      primary: 'announced'
    }))
  }
]

/** @param {string} name */
export function contender (name) {
  return contenders.find(contender => contender.name === name)
}

/** This project's command: its primary does not load the app. */
function sharedFastify (lane, flags = []) {
  return {
    name: lane,
    title: `shared-fastify, ${lane} lane`,
    lacks: ({ addon }) => lane === 'native' && !addon ? 'the addon is not built' : undefined,
    start: async (bench, settings) => await Running.start(bench, settings, port => ({
      args: [command, 'start', program('command-app.js'), '--workers', `${settings.workers}`, '--lane', lane,
        '--address', '127.0.0.1', '--port', `${port}`, '--log-level', 'warn', ...flags],
      primary: 'itself'
    }))
  }
}

function shedding (contender) {
  return { ...contender, name: `${contender.name}-shed`, title: `${contender.title}, shedding` }
}

function cluster (name, title, env) {
  return {
    name,
    title,
    lacks: () => undefined,
    start: async (bench, settings) => await Running.start(bench, settings, () => ({ args: [program('cluster.js')], env, primary: 'itself' }))
  }
}

/** Its daemon is the primary. It has its own process group; its environment identifies it when the contender is stopped. */
async function startPm2 (bench, settings) {
  const home = mkdtempSync(join(bench.folder, 'pm2-'))
  const bin = createRequire(import.meta.url).resolve('pm2/bin/pm2')
  return await Running.start(bench, settings, () => ({
    args: [bin, 'start', program('serve.js'), '--instances', `${settings.workers}`, '--name', 'bench', '--no-vizion'],
    env: { PM2_HOME: home, PM2_DISABLE_VERSION_CHECK: 'true', PM2_DISCRETE_MODE: 'true' },
    primary: () => Number(readFileSync(join(home, 'pm2.pid'), 'utf8'))
  }))
}

function hasReusePort () {
  const [major, minor] = process.versions.node.split('.').map(Number)
  return major > 23 || (major === 23 && minor >= 1)
}
