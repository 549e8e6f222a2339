import t from 'tap'
import { testFailures } from '../failure.js'
import { appPath, command, hooked, request } from '../helper.js'

testFailures(t, [
  { what: 'exports nothing', app: 'exports-nothing.mjs', says: /must export a plugin.*; it exports nothing$/ },
  { what: 'exports something else', app: 'exports-else.mjs', says: /it exports default \(\{ port: 3000 \}\), name \('app'\)$/ },
  { what: 'exports a string', app: 'exports-text.cjs', says: /it exports default \('app'\)$/ },
  { what: 'exports an instance under another name', app: 'exports-named.mjs', says: /it exports app \(a Fastify instance\)$/ },
  { what: 'exports a factory', app: 'factory.mjs', says: /factory\.mjs exports a function that returns a Fastify instance: export the instance/ },
  { what: 'exports an instance that is ready already', app: 'instance-ready.mjs', says: /exports a Fastify instance that is already ready/ },
  { what: 'listens while loading', app: 'listens.mjs', workers: 3, says: /listens\.mjs calls listen\(\) itself: export the instance without calling listen\(\)/ },
  { what: 'listens and catches the error', app: 'listens-and-catches.mjs', says: /calls listen\(\) itself/ },
  { what: 'listens in a hook', app: 'listens-in-hook.mjs', says: /calls listen\(\) itself/ },
  { what: 'registers the plugin', app: 'registers.mjs', says: /registers\.mjs registers shared-fastify itself, but the command already does that: remove it/ },
  { what: 'is an instance that has the plugin', app: 'registers-instance.mjs', says: /registers-instance\.mjs registers shared-fastify itself/ },
  { what: 'registers the plugin of another copy', app: 'registers-copy.mjs', says: /registers-copy\.mjs registers shared-fastify itself/ },
  { what: 'is an instance, but options for a plugin are given', app: 'instance.mjs', args: ['-x', '/api', '-o', '--body-limit', '5', '--', '--greeting', 'hello'], says: /a Fastify instance that already exists, so --prefix, --options, --body-limit, -- --greeting cannot be applied/ }
], hooked)

t.test('the served app may not call listen() itself: the call fails, and the app is served nevertheless', async t => {
  const url = await command(t, [appPath('listens-later.mjs'), '-n', '1', '-p', '0']).url()
  for (let i = 0; i < 2; i++) {
    t.strictSame(JSON.parse((await request(url)).body), { worker: 1, thrown: 'SHARED_PORT_ERR_APP_LISTENS' })
  }
})
