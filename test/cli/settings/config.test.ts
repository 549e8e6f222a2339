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
  { says: 'a descriptor', args: ['--fd', '3'], listen: { fd: 3, backlog: 65_535 } },
  { says: 'a port, with the given backlog', args: ['-p', '1', '--backlog', '9'], listen: { port: 1, host, backlog: 9 } },
  { says: 'several places', args: ['--listen', '127.0.0.1:0', '--listen', '[::1]:1', '--listen', 'name.example:2', '--listen', '3', '--listen', 'unix:/s', '--listen', 'fd:4'], listen: { port: 0, host: '127.0.0.1', others: [{ port: 1, host: '::1' }, { port: 2, host: 'name.example' }, { port: 3, host }, { path: '/s' }, { fd: 4, backlog: 65_535 }] } },
  { says: 'several places, each with the given backlog', args: ['--listen', 'unix:/s', '--listen', 'fd:4', '--backlog', '9'], listen: { path: '/s', backlog: 9, others: [{ fd: 4, backlog: 9 }] } },
  { says: 'IPv4 and IPv6 on one port, the latter for IPv6 only', args: ['--listen', '[::]:80', '--listen', '0.0.0.0:80', '--listen', '[::]:81'], listen: { port: 80, host: '::', ipv6Only: true, others: [{ port: 80, host: '0.0.0.0' }, { port: 81, host: '::' }] } },
  { says: 'the place of the environment, whatever a config file has', args: [], env: { FASTIFY_LISTEN: 'unix:/s', PORT: '1' }, file: { listen: ['1', '2'], port: 3 }, listen: socket },
  { says: 'the place of a config file', args: [], file: { listen: 'unix:/s', socketMode: '660' }, listen: socket },
  { says: 'a port, whatever places a config file has', args: ['-p', '1'], file: { listen: ['unix:/s', '2'], socketMode: '660' }, listen: { port: 1, host } },
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

const FORMS = 'takes a port (3000), an address and a port (127.0.0.1:3000, [::1]:3000, localhost:3000), unix:PATH, fd:NUMBER, or fd:NAME with a name of LISTEN_FDNAMES; got'
const noPlaces: Array<[text: string, why: string]> = [
  ...['here', '127.0.0.1', 'http://localhost:3000', '::1:3000', '[::1]', 'unix:', 'fd:', 'fd:99999999999', '-1', '80a', 'a b/c:'].map((text): [string, string] => [text, '']),
  [':3000', ': did you mean 3000, or [::]:3000 for all addresses?'],
  ['127.0.0.1:65536', ': the largest port is 65535'],
  ['[127.0.0.1]:80', ': only an IPv6 address has brackets'],
  ['[]:80', ': only an IPv6 address has brackets'],
  ['/run/s', ': did you mean unix:/run/s?']
]

for (const [text, why] of noPlaces) {
  t.test(`${text} is no place to listen, and the error says what is`, async t => {
    const expected = text === 'a b/c:' ? ': did you mean unix:a b/c:?' : why
    t.throws(() => read(['--listen', '1', `--listen=${text}`]), { name: 'UsageError', message: `--listen ${FORMS} '${text}'${expected}` })
    t.throws(() => read([], { file: { listen: [text] } }), { message: `'listen' in /the/file ${FORMS} '${text}'${expected}` })
  })
}

t.test('a place that is there twice is an error, in whatever spelling; port 0 is another port each time', async t => {
  t.throws(() => read(['--listen', 'fd:3', '--listen', 'unix:/s', '--listen', 'fd:03']), { name: 'UsageError', message: '--listen has the same place twice: fd:03' })
  t.throws(() => read(['--listen', '[::1]:80', '--listen', '[::1]:080']), { message: '--listen has the same place twice: [::1]:080' })
  t.match(read(['--listen', '[::1]:0', '--listen', '[::1]:0']).listen, { others: [{ port: 0 }] })
})

t.test('places beside a port, an address, a socket or a descriptor are an error', async t => {
  for (const [flag, value] of [['--port', '1'], ['--address', '::1'], ['--socket', '/s'], ['--fd', '3']] as const) {
    t.throws(() => read(['--listen', '80', flag, value]), { name: 'UsageError', message: `only one of --listen, --port, --socket and --fd can be given, got --listen and ${flag}` })
  }
})

// Descriptors that no test has open: whether they are sockets is tested with real ones in integration/socket-activation.test.ts.
const passed = { descriptors: [{ fd: 9_003, name: 'http' }, { fd: 9_004, name: 'admin' }, { fd: 9_005, name: 'http' }] }

t.test('descriptors that a service manager has passed are what is listened on where nothing is said', async t => {
  const inForce = (given: Given): object => readSettings({ ...given, activation: passed }).found('listen')
  const all = { value: ['fd:9003', 'fd:9004', 'fd:9005'], source: { kind: 'variable', name: 'LISTEN_FDS' } }
  t.strictSame(inForce({}), all)
  t.strictSame(inForce({ env: { PORT: '80' } }), all)
  t.strictSame(inForce({ args: ['--listen', '80'] }), { value: ['80'], source: { kind: 'flag', name: '--listen' } })
  for (const given of [{ args: ['-p', '80'] }, { env: { FASTIFY_ADDRESS: '::1' } }, { file: { socket: '/s' } }]) t.strictSame(inForce(given), { value: undefined, source: { kind: 'default' } })
  t.throws(() => read([], { activation: passed }), { name: 'UsageError', message: 'descriptor 9003 of LISTEN_FDS (http) is not a listening socket: it is not open' })
})

t.test('fd:NAME stands for all descriptors of that name, and an unknown name is an error that lists the names', async t => {
  t.throws(() => read(['--listen', 'fd:http', '--listen', 'fd:9005'], { activation: passed }), { message: '--listen has the same place twice: fd:9005' })
  t.throws(() => read(['--listen', 'fd:https'], { activation: passed }), { name: 'UsageError', message: "--listen names the descriptor 'https', which is not in LISTEN_FDNAMES: the names are: http, admin" })
  t.throws(() => read(['--listen', 'fd:http']), { message: "--listen names the descriptor 'http', which is not in LISTEN_FDNAMES: no descriptors were passed to this process" })
  t.throws(() => read(['--listen', 'fd:http'], { activation: { descriptors: [], ignored: 'the reason' } }), { message: /no descriptors were passed to this process \(the reason\)$/ })
})

t.test('variables of socket activation that are wrong are an error, even where something else is listened on', async t => {
  t.throws(() => read(['-p', '80'], { activation: { descriptors: [], invalid: 'the reason' } }), { name: 'UsageError', message: 'the reason' })
})

t.test('settings without effect are an error that spells them as given: a mode without a socket file, a time without a number of crashes', async t => {
  t.throws(() => read(['--socket-mode', '660']), { name: 'UsageError', message: '--socket-mode is for a socket file, and needs --socket or --listen unix:PATH; got 660' })
  t.throws(() => read([], { file: { socketMode: '660' } }), { name: 'UsageError', message: "'socketMode' in /the/file is for a socket file, and needs --socket or --listen unix:PATH; got 660" })
  t.throws(() => read([], { file: { socketMode: '660', listen: '1' } }), { message: /^'socketMode' in \/the\/file is for a socket file/ })
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
