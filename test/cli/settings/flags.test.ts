import { Command } from 'commander'
import t, { type Test } from 'tap'
import { createOptions } from '../../../lib/cli/settings/flags.js'

function parse (t: Test, args: string[], env: Record<string, string> = {}): Record<string, unknown> {
  const before = { ...process.env }
  Object.assign(process.env, env)
  t.teardown(() => {
    for (const name of Object.keys(env)) delete process.env[name]
    Object.assign(process.env, before)
  })
  const command = new Command().exitOverride().configureOutput({ writeErr () {} })
  for (const option of createOptions()) command.addOption(option)
  return command.parse(args, { from: 'user' }).opts()
}

const WORKERS = "It must be 'auto' or an integer from 1 to 1024."
const wrong: Array<[args: string[], message: string]> = [
  ...['0', '-1', '1.5', 'NaN', 'many', '100000', '1e3', ''].map((given): [string[], string] => [[`--workers=${given}`], `option '-n, --workers <number>' argument '${given}' is invalid. ${WORKERS}`]),
  ...['x', '70000', '-1', ''].map((given): [string[], string] => [[`--port=${given}`], `option '-p, --port <port>' argument '${given}' is invalid. It must be an integer from 0 to 65535.`]),
  ...['-1', 'stdin'].map((given): [string[], string] => [[`--fd=${given}`], `option '--fd <number>' argument '${given}' is invalid. It must be an integer from 0 to 2147483647.`]),
  ...['-1', '2147482648'].map((given): [string[], string] => [[`--grace=${given}`], `option '-g, --grace <ms>' argument '${given}' is invalid. It must be an integer from 0 to 2147482647.`]),
  [['--boot-timeout=-1'], "option '--boot-timeout <ms>' argument '-1' is invalid. It must be an integer from 0 to 2147483647."],
  [['--reload-concurrency=0'], "option '--reload-concurrency <number>' argument '0' is invalid. It must be an integer from 1 to 1024."],
  ...['1999', '-1', 'off'].map((given): [string[], string] => [[`--liveness-timeout=${given}`], `option '--liveness-timeout <ms>' argument '${given}' is invalid. It must be '0' or an integer from 2000 to 2147483647.`]),
  [['--recycle-requests=0'], "option '--recycle-requests <number>' argument '0' is invalid. It must be an integer from 1."],
  [['--recycle-rss=half'], "option '--recycle-rss <size>' argument 'half' is invalid. It must be bytes, or a text like '512mb'."],
  ...['1.1', '-0.1', 'some', ''].map((given): [string[], string] => [[`--recycle-jitter=${given}`], `option '--recycle-jitter <share>' argument '${given}' is invalid. It must be a number from 0 to 1.`]),
  [['--max-restarts=-1'], "option '--max-restarts <number>' argument '-1' is invalid. It must be an integer from 0 to 1000000."],
  [['--close-delay=5s'], "option '--close-delay <ms>' argument '5s' is invalid. It must be an integer from 0 to 2147483647."],
  [['--user=-r'], "option '--user <user>' argument '-r' is invalid. It must be a name or an id."],
  [['--user='], "option '--user <user>' argument '' is invalid. It must not be empty."],
  [['--socket-mode=888'], "option '--socket-mode <mode>' argument '888' is invalid. It must be octal digits like '660'."],
  [['--plugin-timeout=10s'], "option '-T, --plugin-timeout <ms>' argument '10s' is invalid. It must be an integer from 0 to 2147483647."],
  ...['0', '1mb'].map((given): [string[], string] => [[`--body-limit=${given}`], `option '--body-limit <bytes>' argument '${given}' is invalid. It must be an integer from 1.`]),
  [['--log-level=loud'], "option '-l, --log-level <level>' argument 'loud' is invalid. Allowed choices are trace, debug, info, warn, error, fatal, silent."],
  ...['a\tb', ' ', 'x'.repeat(65)].map((given): [string[], string] => [[`--name=${given}`], `option '--name <name>' argument '${given}' is invalid. It must be 1 to 64 printable characters.`]),
  [['--inspect=here'], "option '--inspect [[host:]port]' argument 'here' is invalid. It must be a port, or a host and a port as 127.0.0.1:9229."],
  [['--inspect-worker=first'], "option '--inspect-worker <slot>' argument 'first' is invalid. It must be an integer from 0 to 1023."],
  [['--lane=fast'], "option '--lane <lane>' argument 'fast' is invalid. Allowed choices are auto, native, ipc."],
  [['--policy=random'], "option '--policy <policy>' argument 'random' is invalid. Allowed choices are round-robin, least-connections, sticky."],
  [['--sticky-ipv6-prefix=0'], "option '--sticky-ipv6-prefix <bits>' argument '0' is invalid. It must be an integer from 1 to 128."],
  [['--stall-after=5'], "option '--stall-after <ms>' argument '5' is invalid. It must be an integer from 20 to 2147483647."],
  ...['90%', '0', '1.1'].map((given): [string[], string] => [[`--saturation-utilization=${given}`], `option '--saturation-utilization <share>' argument '${given}' is invalid. It must be a number over 0, up to 1.`]),
  [['--max-pending=0'], "option '--max-pending <number>' argument '0' is invalid. It must be an integer from 1 to 1048576."],
  [['--on-overload=drop'], "option '--on-overload <what>' argument 'drop' is invalid. Allowed choices are wait, shed."],
  [['--pending-timeout=10s'], "option '--pending-timeout <ms>' argument '10s' is invalid. It must be an integer from 0 to 2147483647."],
  [['--max-connections-per-worker=-1'], "option '--max-connections-per-worker <number>' argument '-1' is invalid. It must be an integer from 1 to 1048576."],
  [['--ticket-lifetime=12h'], "option '--ticket-lifetime <ms>' argument '12h' is invalid. It must be an integer from 0 to 2147483647."],
  [['--address='], "option '-a, --address <address>' argument '' is invalid. It must not be empty."],
  [['--socket='], "option '-s, --socket <path>' argument '' is invalid. It must not be empty."],
  [['--import='], "option '-i, --import <module>' argument '' is invalid. It must not be empty."]
]

for (const [args, message] of wrong) {
  t.test(`wrong usage is answered with the accepted values: ${args.join(' ')}`, async t => {
    t.throws(() => parse(t, args), { message: `error: ${message}` })
  })
}

t.test('an invalid environment variable is reported by name', async t => {
  t.throws(() => parse(t, [], { PORT: 'http' }), { message: "error: option '-p, --port <port>' value 'http' from env 'PORT' is invalid. It must be an integer from 0 to 65535." })
  t.throws(() => parse(t, ['-p', '1'], { FASTIFY_LANE: 'fast' }), { message: /from env 'FASTIFY_LANE' is invalid/ })
})

t.test('FASTIFY_<OPTION> sets an option, and the command line overrides it', async t => {
  const env = { FASTIFY_LOG_LEVEL: 'warn', FASTIFY_WORKERS: '7', FASTIFY_PLUGIN_TIMEOUT: '5', FASTIFY_IMPORT: 'a' }
  t.match(parse(t, [], env), { logLevel: 'warn', workers: 7, pluginTimeout: 5, import: ['a'] })
  t.match(parse(t, ['-l', 'error', '-n', 'auto', '-i', 'b', '-i', 'c'], env), { logLevel: 'error', workers: 'auto', pluginTimeout: 5, import: ['b', 'c'] })
})

t.test('the port is FASTIFY_PORT, else PORT, else 3000; an empty variable counts as not set', async t => {
  t.equal(parse(t, [], { PORT: '', FASTIFY_PORT: '' }).port, 3000)
  t.equal(parse(t, [], { PORT: '81', FASTIFY_PORT: '' }).port, 81)
  t.equal(parse(t, [], { PORT: '81', FASTIFY_PORT: '82' }).port, 82)
  t.equal(parse(t, ['-p', '83'], { PORT: '81', FASTIFY_PORT: '82' }).port, 83)
})
