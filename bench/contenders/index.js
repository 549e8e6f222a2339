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
 * @property {Partial<import('./running.js').Commands>} [commands] what it can be told while it runs
 * @property {(bench: import('../bench.js').Bench) => string | undefined} lacks the reason why it cannot run here
 * @property {(bench: import('../bench.js').Bench, settings: import('./running.js').Settings) => Promise<Running>} start
 */

const command = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
const { resolve } = createRequire(import.meta.url)
const pm2 = () => resolve('pm2/bin/pm2') // not before they are installed
const wattpm = () => resolve('wattpm/bin/cli.js')
const program = name => fileURLToPath(new URL(`programs/${name}`, import.meta.url))

/** Kept connections stay with the worker that has them, as in every other contender. */
const STAYING = ['--return-after', '0', '--no-return-on-drain', '--rescue-after', '0']

/** Connections beyond maxPending are answered 503, and so are those that have been pending for a quarter of a second. */
const SHEDDING = ['--on-overload', 'shed', '--pending-timeout', '250']

/** @type {Contender[]} */
export const contenders = [
  sharedFastify('native'),
  sharedFastify('ipc'),
  staying(sharedFastify('native', STAYING)),
  shedding(sharedFastify('native', SHEDDING)),
  shedding(sharedFastify('ipc', SHEDDING)),
  cluster('cluster-rr', 'node:cluster SCHED_RR', { NODE_CLUSTER_SCHED_POLICY: 'rr' }),
  cluster('cluster-none', 'node:cluster SCHED_NONE', { NODE_CLUSTER_SCHED_POLICY: 'none' }),
  {
    ...cluster('reuse-port', 'reusePort', { BENCH_REUSE_PORT: '1' }),
    lacks: () => isNode(23, 1) ? undefined : `needs Node 23.1 or later, and this is ${process.version}`
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
    commands: {
      reload: () => [pm2(), 'reload', 'bench'],
      scale: (pid, workers) => [pm2(), 'scale', 'bench', `${workers}`]
    },
    start: startPm2
  },
  {
    name: 'watt',
    title: 'Watt',
    tls: false, // it does not read the app's certificate
    lacks: () => isNode(22, 19) ? undefined : `needs Node 22.19 or later, and this is ${process.version}`,
    commands: { reload: pid => [wattpm(), 'restart', `${pid}`] },
    start: async (bench, settings) => await Running.start(bench, settings, () => ({
      args: [wattpm(), 'start', program('watt')],
      primary: 'none' // all its workers are threads of one process
    }), contender('watt').commands)
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
  const commands = {
    reload: pid => [command, 'reload', '--wait', '--pid', `${pid}`],
    scale: (pid, workers) => [command, 'scale', `${workers}`, '--wait', '--pid', `${pid}`],
    status: pid => [command, 'status', '--json', '--pid', `${pid}`],
    upgrade: (pid, port) => [command, 'upgrade', '--wait', '--port', `${port}`] // each has another pid
  }
  return {
    name: lane,
    title: `shared-fastify, ${lane} lane`,
    lacks: ({ addon }) => lane === 'native' && !addon ? 'the addon is not built' : undefined,
    commands,
    start: async (bench, settings) => await Running.start(bench, settings, port => ({
      args: [command, 'start', program('command-app.js'), '--workers', `${settings.workers}`, '--lane', lane,
        '--address', '127.0.0.1', '--port', `${port}`, '--log-level', 'warn', ...settings.flags ?? [], ...flags],
      primary: 'itself'
    }), commands)
  }
}

function staying (contender) {
  return { ...contender, name: `${contender.name}-stays`, title: `${contender.title}, nothing moves` }
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
  return await Running.start(bench, settings, () => ({
    args: [pm2(), 'start', program('serve.js'), '--instances', `${settings.workers}`, '--name', 'bench', '--no-vizion'],
    env: { PM2_HOME: home, PM2_DISABLE_VERSION_CHECK: 'true', PM2_DISCRETE_MODE: 'true' },
    primary: () => Number(readFileSync(join(home, 'pm2.pid'), 'utf8'))
  }), contender('pm2').commands)
}

/** Whether this is that version of Node, or a later one. */
function isNode (atLeastMajor, atLeastMinor) {
  const [major, minor] = process.versions.node.split('.').map(Number)
  return major > atLeastMajor || (major === atLeastMajor && minor >= atLeastMinor)
}
