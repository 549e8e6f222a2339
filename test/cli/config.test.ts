import { Command } from 'commander'
import t, { type Test } from 'tap'
import { type Config, readConfig } from '../../lib/cli/config.js'
import { createOptions, type StartFlags } from '../../lib/cli/flags.js'
import { readOptions } from '../../lib/options.js'
import { appPath } from '../helper.js'

/** What is read of a command line and an environment. */
function read (t: Test, args: string[], { env = {}, appArguments = [] }: { env?: Record<string, string>, appArguments?: string[] } = {}): Config {
  const before = Object.keys(env).map(name => [name, process.env[name]] as const)
  Object.assign(process.env, env)
  t.teardown(() => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  })
  const command = new Command().exitOverride()
  for (const option of createOptions()) command.addOption(option)
  const flags: StartFlags = command.parse(args, { from: 'user' }).opts()
  return readConfig(appPath('plugin.mjs'), flags, flag => command.getOptionValueSource(flag), appArguments)
}

const socket = { path: '/s' }
const { host } = readConfig(appPath('plugin.mjs'), { port: 0 } as StartFlags, () => undefined, []).listen // what this machine is
const listening: Array<{ says: string, args: string[], env?: Record<string, string>, listen: object }> = [
  { says: 'a port, where nothing is said', args: [], listen: { port: 3000, host } },
  { says: 'an address', args: ['-a', '::1'], listen: { port: 3000, host: '::1' } },
  { says: 'a socket', args: ['-s', '/s'], listen: socket },
  { says: 'a descriptor', args: ['--fd', '3'], listen: { fd: 3 } },
  { says: 'a socket, whatever port the environment has', args: ['-s', '/s'], env: { PORT: '80', FASTIFY_ADDRESS: '::1', FASTIFY_FD: '3' }, listen: socket },
  { says: 'a port, whatever socket the environment has', args: ['-p', '1'], env: { FASTIFY_SOCKET: '/s' }, listen: { port: 1, host } },
  { says: 'the socket of the environment, and not its port', args: [], env: { PORT: '80', FASTIFY_SOCKET: '/s' }, listen: socket },
  { says: 'in Kubernetes an address that can be reached', args: [], env: { KUBERNETES_SERVICE_HOST: '10.0.0.1' }, listen: { port: 3000, host: '0.0.0.0' } }
]

for (const { says, args, env, listen } of listening) {
  t.test(`it listens on ${says}`, async t => {
    t.strictSame(read(t, args, { env }).listen, listen)
  })
}

t.test('two places to listen on are one too many, in the environment too', async t => {
  t.throws(() => read(t, ['-s', '/s', '--fd', '3']), { name: 'UsageError', message: /got a descriptor and a socket$/ })
  t.throws(() => read(t, [], { env: { FASTIFY_SOCKET: '/s', FASTIFY_ADDRESS: '::1' } }), { name: 'UsageError', message: /got a socket and a port$/ })
})

t.test('what would do nothing is said: a mode without a socket file, a time without a number of crashes', async t => {
  t.throws(() => read(t, ['--socket-mode', '660']), { name: 'UsageError', message: /needs --socket; got --socket-mode 660$/ })
  t.throws(() => readOptions(read(t, ['--max-restarts-within', '5']).sharedPort), { code: 'SHARED_PORT_ERR_OPTIONS' })
})

t.test('the prefix is the plugin\'s option, and wins over one behind --', async t => {
  t.strictSame(read(t, ['-x', '/api'], { appArguments: ['--prefix', '/other', '--greeting', 'hello'] }).pluginOptions, { prefix: '/api', greeting: 'hello' })
  t.strictSame(read(t, [], { appArguments: ['--prefix', '/other'] }).pluginOptions, { prefix: '/other' })
})

t.test('what looks after the workers arrives as the options of the plugin', async t => {
  const { sharedPort } = read(t, [
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

t.test('what schedules and sheds arrives as the options of the plugin', async t => {
  const { sharedPort } = read(t, [
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

t.test('without flags the options are the defaults of the plugin', async t => {
  const { sharedPort } = read(t, [])
  t.same(readOptions(sharedPort), readOptions({}))
})

t.test('--watch develops: one worker, and nobody who waits for it is sent away, unless something else is said', async t => {
  const develop = (args: string[], env?: Record<string, string>): object => readOptions(read(t, ['--watch', ...args], env && { env }).sharedPort)
  t.same(develop([]), { ...readOptions({}), workers: 1, pendingTimeout: 0 })
  t.match(develop(['-n', '3', '--pending-timeout', '500']), { workers: 3, pendingTimeout: 500 })
  t.match(develop(['-n', 'auto']), { workers: 'auto' })
  t.match(develop([], { FASTIFY_WORKERS: '2' }), { workers: 2 })
})

t.test('--watch-ignore is for --watch', async t => {
  t.match(read(t, ['--watch', '--watch-ignore', 'a', '--watch-ignore', 'b']), { watch: true, watchIgnore: ['a', 'b'] })
  t.match(read(t, []), { watch: false, watchIgnore: [] })
  t.throws(() => read(t, ['--watch-ignore', 'a']), { name: 'UsageError', message: '--watch-ignore needs --watch; got --watch-ignore a' })
})
