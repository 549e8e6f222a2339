import { Command } from 'commander'
import { createRequire } from 'node:module'
import { UsageError } from './exit.js'
import { createOptions, type StartFlags } from './flags.js'
import { start } from './start.js'

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string }

const NOTES = `
Plugin options: what comes after -- goes to the app's plugin.
  $ shared-fastify app.js --workers 4 -- --greeting hello   # opts.greeting

Environment: FASTIFY_<OPTION>, as FASTIFY_LOG_LEVEL=warn, sets an option that
the command line does not; PORT the port, where FASTIFY_PORT does not. A .env
file in the current folder is read first.

Signals: at SIGTERM, SIGINT and SIGQUIT the workers finish what they have, for
--grace at most, and everything ends; at a second SIGINT it ends at once.

Exit codes: 0 stopped as asked, 1 the app or its port failed, 2 wrong usage,
130 a second SIGINT.`

/** The commands; `appArguments` is what came after `--`. */
export function createProgram (appArguments: string[]): Command {
  const startCommand = createStart(appArguments)
  return polite(new Command('shared-fastify'))
    .description('Serves a Fastify app from every core on one port.')
    .usage('[start] <app> [options] [-- plugin options]')
    .version(version, '-v, --version', 'print the version')
    .helpCommand(false)
    .addCommand(startCommand, { isDefault: true })
    .addHelpText('after', () => `\n${startCommand.helpInformation()}${NOTES}`)
}

function createStart (appArguments: string[]): Command {
  const command = polite(new Command('start'))
    .description('Serve an app. The default command.')
    .usage('<app> [options] [-- plugin options]')
    .argument('<app>', 'a .ts, .mts, .cts, .js, .mjs or .cjs file that exports a plugin, async function (fastify, opts), or a Fastify instance that does not listen')
    .addHelpText('after', NOTES)
  for (const option of createOptions()) command.addOption(option)
  return command.action(async (app: string, flags: StartFlags) => {
    assertOneTarget(command)
    await start(app, flags, appArguments)
  })
}

/** Throws instead of ending the process, and says where help is. */
function polite (command: Command): Command {
  return command
    .helpOption('-h, --help', 'print this')
    .showHelpAfterError('(shared-fastify --help shows what there is)')
    .exitOverride()
}

function assertOneTarget (command: Command): void {
  const given = (name: string): boolean => command.getOptionValueSource(name) === 'cli'
  const targets = [
    ...(given('port') || given('address') ? ['a port'] : []),
    ...(given('socket') ? ['a socket'] : []),
    ...(given('fd') ? ['a descriptor'] : [])
  ]
  if (targets.length > 1) throw new UsageError(`an app listens on one of --port, --socket and --fd, got ${targets.join(' and ')}`)
}
