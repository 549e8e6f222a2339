import { Command } from 'commander'
import t, { type Test } from 'tap'
import { createOptions, type StartFlags } from '../../lib/cli/flags.js'

function parse (t: Test, args: string[], env: Record<string, string>): StartFlags {
  const before = { ...process.env }
  Object.assign(process.env, env)
  t.teardown(() => {
    for (const name of Object.keys(env)) delete process.env[name]
    Object.assign(process.env, before)
  })
  const command = new Command().exitOverride()
  for (const option of createOptions()) command.addOption(option)
  return command.parse(args, { from: 'user' }).opts()
}

t.test('FASTIFY_<OPTION> sets an option, and the command line comes before it', async t => {
  const env = { FASTIFY_LOG_LEVEL: 'warn', FASTIFY_WORKERS: '7', FASTIFY_PLUGIN_TIMEOUT: '5', FASTIFY_IMPORT: 'a' }
  t.match(parse(t, [], env), { logLevel: 'warn', workers: '7', pluginTimeout: '5', import: ['a'] })
  t.match(parse(t, ['-l', 'error', '-n', '2', '-i', 'b', '-i', 'c'], env), { logLevel: 'error', workers: '2', pluginTimeout: '5', import: ['b', 'c'] })
})

t.test('the port is that of FASTIFY_PORT, else of PORT, else 3000; one that is set to nothing is not set', async t => {
  t.equal(parse(t, [], { PORT: '', FASTIFY_PORT: '' }).port, '3000')
  t.equal(parse(t, [], { PORT: '81', FASTIFY_PORT: '' }).port, '81')
  t.equal(parse(t, [], { PORT: '81', FASTIFY_PORT: '82' }).port, '82')
  t.equal(parse(t, ['-p', '83'], { PORT: '81', FASTIFY_PORT: '82' }).port, '83')
})

t.test('a switch is on or off by its variable, and each has a flag against it', async t => {
  t.equal(parse(t, [], {}).prettyLogs, undefined)
  t.equal(parse(t, [], { FASTIFY_PRETTY_LOGS: 'true' }).prettyLogs, true)
  t.equal(parse(t, [], { FASTIFY_PRETTY_LOGS: 'false' }).prettyLogs, false)
  t.equal(parse(t, ['--no-pretty-logs'], { FASTIFY_PRETTY_LOGS: 'true' }).prettyLogs, false)
  t.equal(parse(t, ['-P'], { FASTIFY_PRETTY_LOGS: 'false' }).prettyLogs, true)
  t.equal(parse(t, [], { FASTIFY_OPTIONS: 'true' }).options, true)
  t.throws(() => parse(t, [], { FASTIFY_OPTIONS: 'yes' }), { message: "FASTIFY_OPTIONS must be true or false, got 'yes'" })
})
