import t from 'tap'
import { testFailures } from '../failure.js'
import { appPath, command, hooked } from '../helper.js'

testFailures(t, [
  { what: 'throws while loading', app: 'throws.mjs', workers: 3, says: 'thrown while loading', where: 'apps/throws.mjs:1' },
  { what: 'throws something other than an error', app: 'throws-text.mjs', says: "threw 'no error at all'" },
  { what: 'rejects while loading', app: 'rejects.mjs', says: 'rejected while loading: the reason', where: 'caused by: Error: the reason' },
  { what: 'throws an uncaught exception', app: 'throws-later.mjs', says: 'thrown by nobody in particular', where: 'apps/throws-later.mjs:2' },
  { what: 'has a syntax error', app: 'syntax.mjs', says: /Unexpected token '=' \(\/.*apps\/broken\/broken\.mjs:1\)/, where: 'apps/broken/broken.mjs:1\nexport const a = = 1\n                 ^\nSyntaxError: Unexpected token' },
  { what: 'has a syntax error in a module that its plugin imports', app: 'syntax-later.mjs', says: /Unexpected token '=' \(\/.*apps\/broken\/broken\.mjs:1\)/, where: 'apps/broken/broken.mjs:1\nexport const a = = 1\n                 ^\nSyntaxError: Unexpected token' },
  { what: 'has a syntax error in TypeScript', app: 'broken/broken.ts', says: /broken\.ts:1:\d+: ERROR: Unexpected "="/ },
  { what: 'imports a missing module', app: 'broken/imports.mjs', says: /Cannot find module .*nowhere\.mjs/ },
  { what: 'throws in its plugin', app: 'plugin-throws.mjs', workers: 3, says: 'thrown in the plugin', where: 'apps/plugin-throws.mjs:2' },
  { what: 'throws in onReady', app: 'ready-throws.mjs', says: 'thrown in onReady', where: 'apps/ready-throws.mjs:2' },
  { what: 'comes after an import that throws', app: 'plugin.mjs', args: ['-i', appPath('throws.mjs')], says: 'thrown while loading', where: 'apps/throws.mjs:1' },
  { what: 'comes after an import of a missing module', app: 'plugin.mjs', args: ['-i', 'no-such-package'], says: /Cannot find package 'no-such-package'/ },
  { what: 'is never ready', app: 'never-ready.mjs', args: ['--plugin-timeout', '500'], says: "Plugin did not start in time: 'slowpoke'" },
  { what: 'waits for ever while loading', app: 'never-loads.mjs', says: /never-loads\.mjs never finishes loading: nothing is left to run/ }
])

t.test('an error that ends the command is reported, whatever the log level', async t => {
  for (const level of ['fatal', 'silent']) {
    const app = command(t, [appPath('plugin-throws.mjs'), '-n', '1', '-p', '0', '-l', level], hooked)
    t.strictSame(await app.ended, { code: 1, signal: null })
    if (level === 'fatal') t.match(app.lines, [{ level: 60, err: { message: 'thrown in the plugin' } }])
    else t.match(app.text, /^error: Worker 1 exited with code 1 before it was ready: thrown in the plugin$/m)
  }
})

t.test('an app that exits while loading: one error that says so, exit code 1, no process left', async t => {
  const app = command(t, [appPath('exits.mjs'), '-n', '2', '-p', '0'])
  t.strictSame(await app.ended, { code: 1, signal: null })
  t.match(app.failures, [{ msg: /^worker \d exited with code 0 before it was ready$/ }])
  t.strictSame(await app.leftBehind(), [])
})
