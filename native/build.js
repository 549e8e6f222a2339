// Builds the native lane's addon if there is a C compiler, and Python for node-gyp. Otherwise prints one line
// with the reason, and the ipc lane is used.
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
  // Uses Node's own headers if they were installed with it, so that nothing is downloaded.
  const prefix = dirname(dirname(process.execPath))
  const local = existsSync(join(prefix, 'include/node/node_api.h')) ? [`--nodedir=${prefix}`] : []
  const run = command => spawnSync(process.execPath, [gyp, command, '--directory', folder, '--loglevel=warn', ...local], { encoding: 'utf8' })
  if (!existsSync(join(folder, 'build/Makefile'))) {
    const { status, stderr } = run('configure')
    if (status !== 0) return note(`node-gyp configure failed: ${lastLine(stderr)}`) // for example, no headers and no network
  }
  const { status, stdout, stderr } = run('build')
  if (status === 0) return
  process.stderr.write(`${stdout}${stderr}`)
  process.exitCode = 1
}

/** The line in which node-gyp states the error, without the description of the system that follows. */
function lastLine (text) {
  return /^gyp ERR! stack (.*)$/m.exec(text)?.[1] ?? text.trim().split('\n').at(-1)
}

function runs (command) {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0
}

function note (why) {
  console.log(`native lane not built (${why}): the ipc lane is used instead`)
}
