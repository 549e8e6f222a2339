import t from 'tap'
import { appPath, command } from '../helper.js'

const APP = appPath('plugin.mjs')

const wrong: Array<{ what: string, args: string[], says: RegExp, env?: NodeJS.ProcessEnv }> = [
  { what: 'no app', args: [], says: /^error: missing required argument 'app'$/m },
  { what: 'two apps', args: [APP, APP], says: /^error: too many arguments for 'start'. Expected 1 argument but got 2.$/m },
  { what: 'an app that is not there', args: [appPath('nowhere.mjs')], says: /^error: There is no app at .*\/apps\/nowhere\.mjs$/m },
  { what: 'a folder', args: [appPath('')], says: /^error: An app is a \.ts, .* file, got the directory .*\/apps$/m },
  { what: 'a file that is no script', args: [appPath('esm/package.json')], says: /^error: An app is a \.ts, .* file, got .*package\.json$/m },
  { what: 'an unknown flag', args: [APP, '--port-number', '1'], says: /^error: unknown option '--port-number'$/m },
  { what: 'a flag without its value', args: [APP, '--port'], says: /^error: option '-p, --port <port>' argument missing$/m },
  { what: 'a number that is none', args: [APP, '--workers', 'many'], says: /^error: option 'workers' must be 'auto' or an integer from 1 to 1024, got 'many'$/m },
  { what: 'a number that is none, in the environment', args: [APP], env: { PORT: 'http' }, says: /^error: option 'port' must be an integer from 0 to 65535, got 'http'$/m },
  { what: 'an unknown policy', args: [APP, '--policy', 'random'], says: /^error: option 'policy' must be .*'round-robin'.*, got 'random'$/m },
  { what: 'an unknown lane', args: [APP, '--lane', 'fast'], says: /^error: option 'lane' must be .*'ipc'.*, got 'fast'$/m },
  { what: 'a port and a socket', args: [APP, '--port', '1', '--socket', '/s'], says: /^error: an app listens on one of --port, --socket and --fd, got a port and a socket$/m },
  { what: 'an import that is not there', args: [APP, '--import', './nowhere.js'], says: /^error: option 'import' must be a file or a package, got '\.\/nowhere\.js'/m },
  { what: 'a switch that is neither on nor off', args: [APP], env: { FASTIFY_PRETTY_LOGS: '1' }, says: /^error: FASTIFY_PRETTY_LOGS must be true or false, got '1'$/m }
]

for (const { what, args, says, env } of wrong) {
  t.test(`wrong usage is one line without a stack, and exit code 2: ${what}`, async t => {
    const app = command(t, args, { env })
    t.strictSame(await app.ended, { code: 2, signal: null })
    t.match(app.text, says)
    t.notMatch(app.text, /^ {4}at /m)
    t.strictSame(app.lines, [])
    t.strictSame(app.processes(), [])
  })
}

t.test('--help shows every option, from every place where one would ask', async t => {
  for (const args of [['--help'], ['-h'], ['start', '--help'], [APP, '--help']]) {
    const app = command(t, args)
    t.strictSame(await app.ended, { code: 0, signal: null })
    for (const word of ['<app>', '--workers', '--port', '--socket', '--fd', '--prefix', '--options', '--import', '--log-level',
      '--pretty-logs', '--no-pretty-logs', '--plugin-timeout', '--body-limit', '--grace', '--lane', '--policy', 'FASTIFY_', 'Exit codes']) {
      t.ok(app.text.includes(word), `${args.join(' ')}: ${word}`)
    }
  }
})

t.test('--version prints the version', async t => {
  const app = command(t, ['--version'])
  t.strictSame(await app.ended, { code: 0, signal: null })
  t.match(app.text, /^\d+\.\d+\.\d+\n$/)
})
