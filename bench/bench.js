import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findTools } from './load/index.js'
import { findProxies } from './proxies.js'

/**
 * @typedef {object} Bench what contenders and workloads need of a run
 * @property {import('./processes.js').Processes} processes
 * @property {string} folder for temporary files; removed at the end of the run
 * @property {{ newConnections: import('./load/index.js').Tool, keepAlive: import('./load/index.js').Tool }} tools
 * @property {{ nginx?: string, haproxy?: string }} proxies the versions of those that are installed
 * @property {boolean} addon whether the native lane's addon loads
 * @property {string} [floor] the C floor, compiled
 * @property {string} [certificate] the folder of key.pem and cert.pem
 */

const here = path => fileURLToPath(new URL(path, import.meta.url))

/**
 * @param {import('./processes.js').Processes} processes
 * @param {string} folder
 * @returns {Bench}
 */
export function createBench (processes, folder) {
  if (!existsSync(here('../dist/cli.js'))) throw new Error('dist is not built: npm run build')
  const addon = hasAddon()
  return {
    processes,
    folder,
    tools: findTools(),
    proxies: findProxies(),
    addon,
    floor: addon ? compileFloor(folder) : undefined,
    certificate: createCertificate(folder)
  }
}

function hasAddon () {
  try {
    createRequire(import.meta.url)('../node_modules/node-gyp-build')(here('../native'))
    return true
  } catch {
    return false
  }
}

function compileFloor (folder) {
  const path = join(folder, 'floor')
  const { error, status, stderr } = spawnSync('cc', ['-O2', '-Wall', '-Wno-unused-function', '-o', path, here('floor.c')], { encoding: 'utf8' })
  if (error !== undefined) return undefined // no compiler
  if (status !== 0) throw new Error(`floor.c does not compile:\n${stderr}`)
  return path
}

function createCertificate (folder) {
  const { status } = spawnSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
    '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1',
    '-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')], { stdio: 'ignore' })
  return status === 0 ? folder : undefined
}
