import t from 'tap'
import { readConfig } from '../../lib/cli/config.js'
import type { StartFlags } from '../../lib/cli/flags.js'
import { appPath } from '../helper.js'

const FLAGS: StartFlags = { workers: 'auto', port: '3000', logLevel: 'info', pluginTimeout: '10000', grace: '10000', lane: 'auto', policy: 'round-robin' }
const APP = appPath('plugin.mjs')

const wrong: Array<[Partial<StartFlags>, string]> = [
  [{ workers: '0' }, "option 'workers' must be 'auto' or an integer from 1 to 1024, got '0'"],
  [{ workers: '-1' }, "option 'workers' must be 'auto' or an integer from 1 to 1024, got '-1'"],
  [{ workers: '1.5' }, "option 'workers' must be 'auto' or an integer from 1 to 1024, got '1.5'"],
  [{ workers: 'NaN' }, "option 'workers' must be 'auto' or an integer from 1 to 1024, got 'NaN'"],
  [{ workers: 'many' }, "option 'workers' must be 'auto' or an integer from 1 to 1024, got 'many'"],
  [{ workers: '100000' }, "option 'workers' must be 'auto' or an integer from 1 to 1024, got '100000'"],
  [{ workers: '1e3' }, "option 'workers' must be 'auto' or an integer from 1 to 1024, got '1e3'"],
  [{ workers: '' }, "option 'workers' must be 'auto' or an integer from 1 to 1024, got ''"],
  [{ port: 'x' }, "option 'port' must be an integer from 0 to 65535, got 'x'"],
  [{ port: '70000' }, "option 'port' must be an integer from 0 to 65535, got '70000'"],
  [{ port: '-1' }, "option 'port' must be an integer from 0 to 65535, got '-1'"],
  [{ fd: '-1' }, "option 'fd' must be an integer from 0 to 2147483647, got '-1'"],
  [{ fd: 'stdin' }, "option 'fd' must be an integer from 0 to 2147483647, got 'stdin'"],
  [{ grace: '-1' }, "option 'grace' must be an integer from 0 to 2147483647 (milliseconds), got '-1'"],
  [{ grace: '2147483648' }, "option 'grace' must be an integer from 0 to 2147483647 (milliseconds), got '2147483648'"],
  [{ pluginTimeout: '10s' }, "option 'plugin-timeout' must be an integer from 0 to 2147483647 (milliseconds), got '10s'"],
  [{ bodyLimit: '0' }, "option 'body-limit' must be an integer from 1 (bytes), got '0'"],
  [{ bodyLimit: '1mb' }, "option 'body-limit' must be an integer from 1 (bytes), got '1mb'"],
  [{ logLevel: 'loud' }, "option 'log-level' must be one of trace, debug, info, warn, error, fatal, silent, got 'loud'"]
]

for (const [flags, message] of wrong) {
  t.test(`wrong usage says what is taken: ${message}`, async t => {
    t.throws(() => readConfig(APP, { ...FLAGS, ...flags }, []), { name: 'UsageError', message })
  })
}

t.test('a descriptor comes before a socket, a socket before a port', async t => {
  t.strictSame(readConfig(APP, { ...FLAGS, fd: '3', socket: '/s' }, []).listen, { fd: 3 })
  t.strictSame(readConfig(APP, { ...FLAGS, socket: '/s' }, []).listen, { path: '/s' })
  t.strictSame(readConfig(APP, { ...FLAGS, address: '::1' }, []).listen, { port: 3000, host: '::1' })
})

t.test('in Kubernetes the default address is one that can be reached', async t => {
  t.teardown(() => { delete process.env['KUBERNETES_SERVICE_HOST'] })
  process.env['KUBERNETES_SERVICE_HOST'] = '10.0.0.1'
  t.strictSame(readConfig(APP, FLAGS, []).listen, { port: 3000, host: '0.0.0.0' })
})

t.test('the prefix is the plugin\'s option, and wins over one behind --', async t => {
  t.strictSame(readConfig(APP, { ...FLAGS, prefix: '/api' }, ['--prefix', '/other', '--greeting', 'hello']).pluginOptions, { prefix: '/api', greeting: 'hello' })
  t.strictSame(readConfig(APP, FLAGS, ['--prefix', '/other']).pluginOptions, { prefix: '/other' })
})
