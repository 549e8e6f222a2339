import t from 'tap'
import { appPath, command, hooked } from '../helper.js'

const APP = appPath('plugin.mjs')

const wrong: Array<{ what: string, args: string[], says: RegExp, env?: NodeJS.ProcessEnv }> = [
  { what: 'no app', args: [], says: /^error: missing required argument 'app'$/m },
  { what: 'two apps', args: [APP, APP], says: /^error: only one app can be served, got '.*plugin\.mjs' and '.*plugin\.mjs'$/m },
  { what: 'an unknown command', args: ['serve'], says: /^error: There is no app at .*\/serve, and no command 'serve'$/m },
  { what: 'a mistyped command', args: ['stauts'], says: /^error: There is no app at .*\/stauts, and no command 'stauts'; did you mean status\?$/m },
  { what: 'scale 0', args: ['scale', '0'], says: /^error: scale keeps at least one worker; to stop them all, use: shared-fastify stop$/m },
  { what: 'an option that the command does not have', args: ['status', '--wait'], says: /\(shared-fastify status --help lists the commands and options\)/ },
  { what: 'a missing app', args: [appPath('nowhere.mjs')], says: /^error: There is no app at .*\/apps\/nowhere\.mjs$/m },
  { what: 'a folder', args: [appPath('')], says: /^error: The app must be a \.ts, .* file, got the directory .*\/apps$/m },
  { what: 'a file that is not a script', args: [appPath('esm/package.json')], says: /^error: The app must be a \.ts, .* file, got .*package\.json$/m },
  { what: 'an unknown flag', args: [APP, '--port-number', '1'], says: /^error: unknown option '--port-number'$/m },
  { what: 'a flag without its value', args: [APP, '--port'], says: /^error: option '-p, --port <port>' argument missing$/m },
  { what: 'an invalid number', args: [APP, '--workers', 'many'], says: /^error: option '.*--workers <number>' argument 'many' is invalid\. It must be 'auto' or an integer from 1 to 1024\.$/m },
  { what: 'an invalid number, in the environment', args: [APP], env: { PORT: 'http' }, says: /^error: option '.*--port <port>' value 'http' from env 'PORT' is invalid\. It must be an integer from 0 to 65535\.$/m },
  { what: 'an unknown policy', args: [APP, '--policy', 'random'], says: /^error: option '--policy <policy>' argument 'random' is invalid\. Allowed choices are round-robin, least-connections, sticky\.$/m },
  { what: 'an unknown lane', args: [APP, '--lane', 'fast'], says: /^error: option '--lane <lane>' argument 'fast' is invalid\. Allowed choices are auto, native, ipc\.$/m },
  { what: 'a port and a socket', args: [APP, '--port', '1', '--socket', '/s'], says: /^error: only one of --listen, --port, --socket and --fd can be given, got --socket and --port$/m },
  { what: 'a missing import', args: [APP, '--import', './nowhere.js'], says: /^error: --import takes a file or a package, got '\.\/nowhere\.js': there is no such file$/m },
  { what: 'an import that is a folder', args: [APP, '--import', appPath('')], says: /^error: --import takes a file or a package, got '.*apps\/': it is a folder$/m },
  { what: 'a switch that is neither true nor false', args: [APP], env: { FASTIFY_PRETTY_LOGS: '1' }, says: /^error: FASTIFY_PRETTY_LOGS must be true or false, got '1'$/m }
]

for (const { what, args, says, env } of wrong) {
  t.test(`wrong usage is one line without a stack, and exit code 2: ${what}`, async t => {
    const app = command(t, args, { ...hooked, env })
    t.strictSame(await app.ended, { code: 2, signal: null })
    t.match(app.text, says)
    t.notMatch(app.text, /^ {4}at /m)
    t.strictSame(app.lines, [])
    t.strictSame(await app.leftBehind(), [])
  })
}

t.test('--help shows every option, with each way to ask for it', async t => {
  for (const args of [['--help'], ['-h'], ['start', '--help'], [APP, '--help']]) {
    const app = command(t, args, { env: { FASTIFY_OPTIONS: 'yes' } }) // help is shown despite the error
    t.strictSame(await app.ended, { code: 0, signal: null })
    for (const word of ['<app>', '--workers', '--port', '--socket', '--fd', '--prefix', '--options', '--import', '--log-level',
      '--pretty-logs', '--no-pretty-logs', '--plugin-timeout', '--body-limit', '--grace', '--lane', '--policy', 'FASTIFY_', 'Exit codes']) {
      t.ok(app.text.includes(word), `${args.join(' ')}: ${word}`)
    }
  }
})

t.test('the output of --help fits on a terminal of 80 columns', async t => {
  for (const name of ['start', 'config', 'status', 'reload', 'restart', 'scale', 'logs', 'upgrade', 'stop']) {
    const app = command(t, [name, '--help'])
    await app.ended
    t.match(app.text, 'Usage: shared-fastify')
    t.strictSame(app.text.split('\n').filter(line => line.length > 80), [], name)
  }
  const app = command(t, ['--help'])
  await app.ended
  t.strictSame(app.text.split('\n').filter(line => line.length > 80), [])
})

t.test('a variable that looks like an option but is unknown causes a warning, with a suggestion', async t => {
  const env = { FASTIFY_WROKERS: '3', FASTIFY_SOMETHING_ELSE: '1', FASTIFY_GRACE: '1', FASTIFY_EMPTY: '', FASTIFY_AUTOLOAD_TYPESCRIPT: '1' }
  const app = command(t, [APP, '-n', '1', '-p', '0'], { env })
  await app.url()
  t.match(app.lines.filter(({ event }) => event === 'unknown-variable'), [
    { level: 40, variable: 'FASTIFY_WROKERS', meant: 'FASTIFY_WORKERS', msg: 'unknown environment variable FASTIFY_WROKERS: it sets no option; did you mean FASTIFY_WORKERS?' },
    { level: 40, variable: 'FASTIFY_SOMETHING_ELSE', msg: 'unknown environment variable FASTIFY_SOMETHING_ELSE: it sets no option' }
  ])
  t.equal(app.lines.filter(({ event }) => event === 'unknown-variable').length, 2)
  const config = command(t, ['config', APP], { env })
  t.strictSame(await config.ended, { code: 0, signal: null })
  t.match(config.text, /^warning: unknown environment variable FASTIFY_WROKERS: it sets no option; did you mean FASTIFY_WORKERS\?$/m)
})

t.test('--version prints the version', async t => {
  const app = command(t, ['--version'])
  t.strictSame(await app.ended, { code: 0, signal: null })
  t.match(app.text, /^\d+\.\d+\.\d+\n$/)
})
