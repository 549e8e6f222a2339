import t from 'tap'
import { testFailures } from '../failure.js'

testFailures(t, [
  { what: 'exports nothing', app: 'exports-nothing.mjs', says: /must export a plugin.*; it exports nothing$/ },
  { what: 'exports something else', app: 'exports-else.mjs', says: /it exports default \(\{ port: 3000 \}\), name \('app'\)$/ },
  { what: 'exports a text', app: 'exports-text.cjs', says: /it exports default \('app'\)$/ },
  { what: 'listens while loading', app: 'listens.mjs', workers: 3, says: /listens\.mjs calls listen\(\) itself: export the instance instead/ },
  { what: 'listens and catches the error', app: 'listens-and-catches.mjs', says: /calls listen\(\) itself/ },
  { what: 'listens when it is loaded', app: 'listens-later.mjs', says: /calls listen\(\) itself/ },
  { what: 'is an instance, and the options are for a plugin', app: 'instance.mjs', args: ['-x', '/api', '-o', '--body-limit', '5', '--', '--greeting', 'hello'], says: /exports a Fastify instance, .*: --prefix, --options, --body-limit, -- --greeting is for apps/ }
])
