// Makes the published builds: native/prebuilds/linux-x64 and linux-arm64. Each loads on glibc and on musl,
// with every Node version (Node-API). arm64 needs Debian's cross compiler: apt-get install
// gcc-aarch64-linux-gnu libc6-dev-arm64-cross.
//
//   npm run prebuilds             those for which there is a compiler
//   npm run prebuilds -- --all    all, or none: a published package needs both
import { spawnSync } from 'node:child_process'
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const TARGETS = {
  x64: process.arch === 'x64' ? {} : cross('x86_64-linux-gnu-'),
  arm64: process.arch === 'arm64' ? {} : cross('aarch64-linux-gnu-')
}
/**
 * The minor version that Node 20 to 24 require
 * (https://github.com/nodejs/node/blob/v20.x/BUILDING.md#platform-list).
 */
const OLDEST_GLIBC = 28
const SOURCES = ['binding.gyp', 'fd_lane.c', 'arguments.h', 'poller.h', 'parent.h', 'frame.h', 'row.h']

const folder = dirname(fileURLToPath(import.meta.url))
const gyp = createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js')

const all = process.argv.includes('--all')
const lacking = Object.entries(TARGETS).filter(([, { CC = 'cc' }]) => spawnSync(CC, ['--version']).status !== 0).map(([arch]) => arch)
if (all && lacking.length > 0) {
  console.error(`prebuilds: there is no compiler for ${lacking.join(' and ')}`)
  process.exit(1)
}

rmSync(join(folder, 'prebuilds'), { recursive: true, force: true })
for (const [arch, compilers] of Object.entries(TARGETS)) {
  if (lacking.includes(arch)) {
    console.log(`native/prebuilds: none for linux-${arch}, there is no compiler for it`)
    continue
  }
  const build = mkdtempSync(join(tmpdir(), 'shared-fastify-prebuild-'))
  try {
    for (const source of SOURCES) cpSync(join(folder, source), join(build, source))
    run(process.execPath, [gyp, 'rebuild', '--directory', build, `--arch=${arch}`, '--loglevel=warn', ...nodedir()], compilers)
    const target = join(folder, 'prebuilds', `linux-${arch}`)
    const file = join(build, 'build/Release/fd_lane.node')
    assertPortable(file, compilers)
    mkdirSync(target, { recursive: true })
    copyFileSync(file, join(target, 'fd_lane.napi.node'))
    console.log(`native/prebuilds/linux-${arch}/fd_lane.napi.node`)
  } finally {
    rmSync(build, { recursive: true })
  }
}

function cross (prefix) {
  return { CC: `${prefix}gcc`, CXX: `${prefix}g++`, LINK: `${prefix}gcc`, READELF: `${prefix}readelf` }
}

/**
 * Checks that the build needs no other library than libc.so.6, a name that musl provides too, and no symbols
 * that an older glibc lacks.
 */
function assertPortable (file, { READELF = 'readelf' }) {
  const { stdout } = spawnSync(READELF, ['--dynamic', '--version-info', '--wide', file], { encoding: 'utf8' })
  const needed = [...stdout.matchAll(/\(NEEDED\).*\[(.*)\]/g)].map(([, name]) => name)
  if (needed.join() !== 'libc.so.6') throw new Error(`${file} needs ${needed.join(', ')}: only libc.so.6 is everywhere`)
  const newer = [...stdout.matchAll(/Name: GLIBC_2\.(\d+)/g)].map(([, minor]) => Number(minor)).filter(minor => minor > OLDEST_GLIBC)
  if (newer.length > 0) throw new Error(`${file} needs glibc 2.${Math.max(...newer)}: Node 20 runs on 2.${OLDEST_GLIBC}`)
}

function nodedir () {
  const prefix = dirname(dirname(process.execPath))
  return existsSync(join(prefix, 'include/node/node_api.h')) ? [`--nodedir=${prefix}`] : []
}

function run (command, args, env) {
  const { status } = spawnSync(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'inherit'] })
  if (status !== 0) process.exit(1)
}
