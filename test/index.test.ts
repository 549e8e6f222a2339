import t from 'tap'
import { execFileSync } from 'node:child_process'
import * as all from 'shared-fastify'
import sharedPort, { sharedPort as named } from 'shared-fastify'

t.test('import has the plugin by default and by name, and nothing else', async t => {
  t.same(Object.keys(all).sort(), ['default', 'module.exports', 'sharedPort'])
  t.type(sharedPort, 'function')
  t.equal(named, sharedPort)
  t.equal((all as unknown as Record<string, unknown>)['module.exports'], sharedPort)
})

t.test('require() returns the plugin itself, with the same names on it', async t => {
  const script = `
    const sharedPort = require('shared-fastify')
    console.log(JSON.stringify([typeof sharedPort, sharedPort.default === sharedPort, sharedPort.sharedPort === sharedPort]))`
  t.same(JSON.parse(execFileSync(process.execPath, ['--no-warnings', '-e', script], { encoding: 'utf8' })), ['function', true, true])
})

t.test('it is a plugin without a scope of its own, for Fastify 5, named shared-port', async t => {
  const hidden = sharedPort as unknown as Record<symbol, unknown>
  t.equal(hidden[Symbol.for('skip-override')], true)
  t.equal(hidden[Symbol.for('fastify.display-name')], 'shared-port')
  t.match(hidden[Symbol.for('plugin-meta')], { name: 'shared-port', fastify: '5.x' })
})
