// Builds the native lane's addon where there is a C compiler and Python for node-gyp, and says so
// in one line where there is not: the ipc lane serves then.
//
//   node native/build.js          native/build/Release/fd_lane.node
//   node native/build.js test     native/test/build/Release/fd_lane.node, for the tests of the protocol
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = join(dirname(fileURLToPath(import.meta.url)), ...process.argv.slice(2))

if (process.platform !== 'linux') {
  note('it needs Linux')
} else if (!runs(process.env.CC ?? 'cc')) {
  note('no C compiler found')
} else if (!runs(process.env.MAKE ?? 'make')) {
  note('make not found')
} else if (!['python3', 'python'].some(runs) && process.env.PYTHON === undefined) {
  note('Python not found, which node-gyp needs')
} else {
  build()
}

function build () {
  const gyp = createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js')
  // Node's own headers, where it was installed with them: nothing to download then.
  const prefix = dirname(dirname(process.execPath))
  const local = existsSync(join(prefix, 'include/node/node_api.h')) ? [`--nodedir=${prefix}`] : []
  const run = command => spawnSync(process.execPath, [gyp, command, '--directory', folder, '--loglevel=warn', ...local], { encoding: 'utf8' })
  if (!existsSync(join(folder, 'build/Makefile'))) {
    const { status, stderr } = run('configure')
    if (status !== 0) return note(`node-gyp configure failed: ${lastLine(stderr)}`) // no headers and no network, for one
  }
  const { status, stdout, stderr } = run('build')
  if (status === 0) return
  process.stderr.write(`${stdout}${stderr}`)
  process.exitCode = 1
}

/** What node-gyp says went wrong, before it goes on about the system. */
function lastLine (text) {
  return /^gyp ERR! stack (.*)$/m.exec(text)?.[1] ?? text.trim().split('\n').at(-1)
}

function runs (command) {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0
}

function note (why) {
  console.log(`native lane not built (${why}): the ipc lane is used instead`)
}
