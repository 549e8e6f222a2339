// Loaded by --require into the apps whose coverage counts: writes what ran of dist/ where tap collects it.
// Tap's own hooks do the same, but start a thread for the module loader in each process, which doubles the
// time that it takes to start.
'use strict'
const { mkdirSync, writeFileSync } = require('node:fs')
const { Session } = require('node:inspector')
const { join } = require('node:path')
const { pathToFileURL } = require('node:url')
const { isMainThread } = require('node:worker_threads')

const root = join(__dirname, '..')
const folder = join(root, '.tap/coverage')
const ours = pathToFileURL(join(root, 'dist/')).href

if (isMainThread && process.env._TAPJS_PROCESSINFO_COVERAGE_ === '1') {
  const session = new Session()
  session.connect()
  session.post('Profiler.enable')
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  const { emit } = process
  // After all listeners of 'exit', which is product code too.
  process.emit = function (event, ...args) {
    const done = emit.call(this, event, ...args)
    if (event === 'exit') save(session)
    return done
  }
}

function save (session) {
  session.post('Profiler.takePreciseCoverage', (_error, { result }) => {
    try {
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, `app-${process.pid}-${Date.now()}.json`), JSON.stringify({ result: result.filter(({ url }) => url.startsWith(ours)) }))
    } catch {} // it runs as another user, or has no descriptor left: the app under test may not fail because of this
  })
}
