import t from 'tap'
import { type Config, readConfig } from '../../../lib/cli/settings/config.js'
import { readOptions } from '../../../lib/options/options.js'
import { appPath } from '../../helper.js'
import { type Given, readSettings } from '../read-settings.js'

/** The command's settings for these arguments. */
function read (args: string[], { appArguments = [], ...given }: Given & { appArguments?: string[] } = {}): Config {
  return readConfig(appPath('plugin.mjs'), readSettings({ args, ...given }), appArguments)
}

const socket = { path: '/s' }
const { host } = read([]).listen // depends on this machine
const listening: Array<{ says: string, args: string[], env?: Record<string, string>, file?: Given['file'], listen: object }> = [
  { says: 'a port, where nothing is said', args: [], listen: { port: 3000, host } },
  { says: 'an address', args: ['-a', '::1'], listen: { port: 3000, host: '::1' } },
  { says: 'a socket', args: ['-s', '/s'], listen: socket },
  { says: 'a descriptor', args: ['--fd', '3'], listen: { fd: 3 } },
  { says: 'a socket, whatever port the environment has', args: ['-s', '/s'], env: { PORT: '80', FASTIFY_ADDRESS: '::1', FASTIFY_FD: '3' }, listen: socket },
  { says: 'a port, whatever socket the environment has', args: ['-p', '1'], env: { FASTIFY_SOCKET: '/s' }, listen: { port: 1, host } },
  { says: 'the socket of the environment, and not its port', args: [], env: { PORT: '80', FASTIFY_SOCKET: '/s' }, listen: socket },
  { says: 'the socket of a config file, and not the port that the environment has for whatever is started', args: [], env: { PORT: '80' }, file: { socket: '/s' }, listen: socket },
  { says: 'the port of the environment, whatever socket a config file has', args: [], env: { FASTIFY_PORT: '80' }, file: { socket: '/s', socketMode: '660' }, listen: { port: 80, host } },
  { says: 'the port of the environment, at the address of a config file', args: [], env: { PORT: '80' }, file: { port: 81, address: '::1' }, listen: { port: 80, host: '::1' } },
  { says: 'a socket, whatever port a config file has', args: ['-s', '/s'], file: { port: 81, address: '::1' }, listen: socket },
  { says: 'in Kubernetes an address that can be reached', args: [], env: { KUBERNETES_SERVICE_HOST: '10.0.0.1' }, listen: { port: 3000, host: '0.0.0.0' } }
]

for (const { says, args, listen, ...given } of listening) {
  t.test(`it listens on ${says}`, async t => {
    t.strictSame(read(args, given).listen, listen)
  })
}

t.test('two addresses to listen on are an error, also in the environment', async t => {
  t.throws(() => read(['-s', '/s', '--fd', '3']), { name: 'UsageError', message: /got --fd and --socket$/ })
  t.throws(() => read([], { env: { FASTIFY_SOCKET: '/s', FASTIFY_ADDRESS: '::1' } }), { name: 'UsageError', message: /got FASTIFY_SOCKET and FASTIFY_ADDRESS$/ })
  t.throws(() => read([], { file: { socket: '/s', fd: 3 } }), { name: 'UsageError', message: /got 'fd' in \/the\/file and 'socket' in \/the\/file$/ })
})

t.test('settings without effect are an error that spells them as given: a mode without a socket file, a time without a number of crashes', async t => {
  t.throws(() => read(['--socket-mode', '660']), { name: 'UsageError', message: '--socket-mode is for a socket file, and needs --socket; got 660' })
  t.throws(() => read([], { file: { socketMode: '660' } }), { name: 'UsageError', message: "'socketMode' in /the/file is for a socket file, and needs --socket; got 660" })
  const idle = [
    { args: ['--max-restarts-within', '5'], says: '--max-restarts-within needs --max-restarts, which is not given; got 5' },
    { env: { FASTIFY_MAX_RESTARTS_WITHIN: '5' }, says: 'FASTIFY_MAX_RESTARTS_WITHIN needs --max-restarts, which is not given; got 5' },
    { file: { maxRestarts: { within: 5 } }, says: "'maxRestarts.within' in /the/file needs --max-restarts, which is not given; got 5" }
  ]
  for (const { says, ...given } of idle) {
    const settings = readSettings(given)
    t.throws(() => readOptions(settings.options(), name => settings.spell(name)), { code: 'SHARED_PORT_ERR_OPTIONS', message: says })
  }
})

t.test('settings without effect on an app that is an instance are spelled as given', async t => {
  const { forPlugins } = read(['-x', '/api'], { env: { FASTIFY_OPTIONS: 'true' }, file: { bodyLimit: 5 }, appArguments: ['--greeting', 'hello'] })
  t.strictSame(forPlugins, ['--prefix', 'FASTIFY_OPTIONS', "'bodyLimit' in /the/file", '-- --greeting'])
  t.strictSame(read([], { env: { FASTIFY_OPTIONS: 'false' } }).forPlugins, [])
})

t.test("the prefix is passed to the app's plugin, and overrides one after --", async t => {
  t.strictSame(read(['-x', '/api'], { appArguments: ['--prefix', '/other', '--greeting', 'hello'] }).pluginOptions, { prefix: '/api', greeting: 'hello' })
  t.strictSame(read([], { appArguments: ['--prefix', '/other'] }).pluginOptions, { prefix: '/other' })
})

t.test('settings for supervision are passed to the plugin', async t => {
  const { sharedPort } = read([
    '--liveness-timeout', '0', '--recycle-requests', '10', '--recycle-rss', '512mb', '--recycle-age', '1000', '--recycle-jitter', '0.5', '--max-restarts', '3',
    '--max-restarts-within', '500', '--close-delay', '100', '--user', 'app', '--group', '33', '--socket-mode', '660', '-s', '/s'
  ])
  t.match(sharedPort, {
    livenessTimeout: 0,
    recycle: { requests: 10, rss: '512mb', age: 1_000, jitter: 0.5 },
    maxRestarts: { count: 3, within: 500 },
    closeDelay: 100,
    user: 'app',
    group: '33',
    socketMode: '660'
  })
  t.match(readOptions(sharedPort), { recycle: { rss: 2 ** 29 }, socketMode: 0o660 })
})

t.test('settings for scheduling and shedding are passed to the plugin', async t => {
  const { sharedPort } = read([
    '--policy', 'sticky', '--sticky-wait', '5', '--sticky-ipv6-prefix', '56', '--stall-after', '100', '--saturation-utilization', '0.9', '--saturation-delay', '200',
    '--max-pending', '10', '--on-overload', 'shed', '--pending-timeout', '0', '--max-connections-per-worker', '7', '--ticket-lifetime', '1000'
  ])
  t.match(readOptions(sharedPort), {
    policy: 'sticky',
    stickyWait: 5,
    stickyIpv6Prefix: 56,
    stallAfter: 100,
    saturation: { utilization: 0.9, delay: 200 },
    maxPending: 10,
    onOverload: 'shed',
    pendingTimeout: 0,
    maxConnectionsPerWorker: 7,
    ticketLifetime: 1_000
  })
})

t.test('settings of a config file are passed to the plugin, functions too', async t => {
  const policy = (): null => null
  const { sharedPort } = read(['--recycle-age', '5', '--grace', '0'], { file: { grace: 1, recycle: { age: 6, rss: '1gb' }, takeBackAfter: 0, policy } })
  t.strictSame(sharedPort, { grace: 0, recycle: { age: 5, rss: '1gb' }, takeBackAfter: 0, policy })
})

t.test('the parts of the admin setting may come from several sources', async t => {
  const token = 'a-secret-of-some-length'
  t.strictSame(read(['--admin', '9001', '--admin-host', 'a'], { env: { FASTIFY_ADMIN_TOKEN: token }, file: { admin: { port: 9000, hosts: ['b'] } } }).sharedPort, { admin: { port: 9001, token, hosts: ['a'] } })
  t.strictSame(read(['--admin-host', 'a'], { file: { admin: { port: 9000, host: '::1', token } } }).sharedPort, { admin: { port: 9000, host: '::1', token, hosts: ['a'] } })
  t.strictSame(read([], { file: { admin: '[::1]:9000' } }).sharedPort, { admin: { host: '::1', port: 9000 } })
  t.throws(() => read(['--admin-host', 'a']), { name: 'UsageError', message: '--admin-host is for the admin server, and needs --admin' })
  const settings = readSettings({ args: ['--admin', '99999'] })
  t.throws(() => readOptions(read(['--admin', '99999']).sharedPort, name => settings.spell(name)), { message: '--admin must be an integer from 0 to 65535, got 99999' })
})

const inspected: Array<Given & { inspect: object | undefined }> = [
  { args: ['--inspect'], inspect: { slot: 0, host: '127.0.0.1', port: 9229, wait: false } },
  { args: ['--inspect', '9230'], inspect: { slot: 0, host: '127.0.0.1', port: 9230, wait: false } },
  { args: ['--inspect-brk', '[::1]:0', '--inspect-worker', '1'], inspect: { slot: 1, host: '::1', port: 0, wait: true } },
  { env: { FASTIFY_INSPECT: 'true' }, inspect: { slot: 0, host: '127.0.0.1', port: 9229, wait: false } },
  { file: { inspectBrk: 9230, inspect: false }, inspect: { slot: 0, host: '127.0.0.1', port: 9230, wait: true } },
  { file: { inspect: false, inspectWorker: 1 }, inspect: undefined }
]

for (const { inspect, args = [], ...given } of inspected) {
  t.test(`inspected worker: ${JSON.stringify({ args, ...given })}`, async t => {
    t.strictSame(read([...args, '-n', '2'], given).inspect, inspect)
  })
}

t.test('inspecting a worker that does not exist, or in two ways, is an error', async t => {
  const wrong = {
    '--inspect --inspect-worker 2': '--inspect-worker takes a slot from 0 to 1, since there are 2 workers; got 2',
    '--inspect 99999': '--inspect takes a port from 0 to 65535, got 99999',
    '--inspect --inspect-brk': 'only one of --inspect and --inspect-brk can be given',
    '--inspect-worker 1': '--inspect-worker needs --inspect or --inspect-brk'
  }
  for (const [args, message] of Object.entries(wrong)) {
    t.throws(() => read(['-n', '2', ...args.split(' ')]), { name: 'UsageError', message })
  }
  t.throws(() => read(['-n', '1'], { file: { inspect: true, inspectWorker: 1 } }), { message: "'inspectWorker' in /the/file takes a slot from 0 to 0, since there is 1 worker; got 1" })
})

t.test('--control sets the path, --no-control disables the socket', async t => {
  t.strictSame(read(['--control', '/c']).sharedPort, { control: '/c' })
  t.strictSame(read(['--no-control'], { env: { FASTIFY_CONTROL: '/c' } }).sharedPort, { control: false })
  t.strictSame(read([], { file: { control: false } }).sharedPort, { control: false })
})

t.test("without flags the plugin's defaults apply", async t => {
  const { sharedPort } = read([])
  t.same(readOptions(sharedPort), readOptions({}))
})

t.test('--watch defaults to one worker, and to no pendingTimeout', async t => {
  const develop = (args: string[], env?: Record<string, string>): object => readOptions(read(['--watch', ...args], env && { env }).sharedPort)
  t.same(develop([]), { ...readOptions({}), workers: 1, pendingTimeout: 0 })
  t.match(develop(['-n', '3', '--pending-timeout', '500']), { workers: 3, pendingTimeout: 500 })
  t.match(develop(['-n', 'auto']), { workers: 'auto' })
  t.match(develop([], { FASTIFY_WORKERS: '2' }), { workers: 2 })
})

t.test('--watch-ignore needs --watch', async t => {
  t.match(read(['--watch', '--watch-ignore', 'a', '--watch-ignore', 'b']), { watch: true, watchIgnore: ['a', 'b'] })
  t.match(read([]), { watch: false, watchIgnore: [] })
  t.throws(() => read(['--watch-ignore', 'a']), { name: 'UsageError', message: '--watch-ignore needs --watch; got --watch-ignore a' })
})
