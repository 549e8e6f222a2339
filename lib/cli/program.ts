import { Command } from 'commander'
import { status } from './commands/status.js'
import { logs, reload, scale, stop } from './commands/steer.js'
import { readConfig } from './config.js'
import { UsageError } from './exit.js'
import { assertSwitches, createOptions, integer, type StartFlags, whichOptions } from './flags.js'
import { LEVELS } from '../app-logger.js'
import { MOST_WORKERS } from '../options-schema.js'
import { start } from './start.js'
import { version } from '../version.js'

const NOTES = `
Plugin options: what comes after -- goes to the app's plugin.
  $ shared-fastify app.js --workers 4 -- --greeting hello   # opts.greeting

Environment: FASTIFY_<OPTION>, as FASTIFY_LOG_LEVEL=warn, sets an option that
the command line does not; PORT the port, where FASTIFY_PORT does not. A .env
file in the current folder is read first.

Development: with --watch a changed file restarts the workers, of which there is
one where no number is given. Requests wait until it is ready, and are answered
503 with the error where it cannot be; the next change tries again. What
.gitignore names is not watched, nor are node_modules and what is built.

Signals: at SIGTERM, SIGINT and SIGQUIT the workers finish what they have, for
--grace at most, and everything ends; at a second SIGINT it ends at once.
SIGHUP replaces every worker by one with the app as it is now, and fails no
request; SIGTTIN adds a worker, SIGTTOU takes one away.

Exit codes: 0 stopped as asked, 1 the app or its port failed, or the workers
crashed more often than --max-restarts, 2 wrong usage, 130 a second SIGINT.`

/** The commands; `appArguments` is what came after `--`, `reloadEnvironment` reads .env again. */
export function createProgram (appArguments: string[], reloadEnvironment: () => void): Command {
  const startCommand = createStart(appArguments, reloadEnvironment)
  return polite(new Command('shared-fastify'))
    .description('Serves a Fastify app from every core on one port.')
    .usage('[start] <app> [options] [-- plugin options]')
    .version(version, '-v, --version', 'print the version')
    .helpCommand(false)
    .addCommand(startCommand, { isDefault: true })
    .addCommand(createStatus())
    .addCommand(createSteering('reload', 'replace every worker, the new one ready before the old one goes').action(reload))
    .addCommand(createScale())
    .addCommand(createControl('logs', 'change how much is logged, by the primary and its workers').argument('<level>', `${LEVELS.join(', ')}, or one of the app's own`).action(logs))
    .addCommand(createSteering('stop', 'let the workers finish what they have, and end everything').action(stop))
    .addHelpText('after', () => `\n${startCommand.helpInformation()}${NOTES}`)
}

function createStart (appArguments: string[], reloadEnvironment: () => void): Command {
  const command = polite(new Command('start'))
    .description('Serve an app. The default command.')
    .usage('<app> [options] [-- plugin options]')
    .argument('<app>', 'a .ts, .mts, .cts, .js, .mjs or .cjs file that exports a plugin, async function (fastify, opts), or a Fastify instance that does not listen')
    .addHelpText('after', NOTES)
    .allowExcessArguments()
  for (const option of createOptions()) command.addOption(option)
  return command.action(async (app: string, flags: StartFlags) => {
    assertOneApp(command.args)
    assertSwitches()
    await start(readConfig(app, flags, flag => command.getOptionValueSource(flag), appArguments), flags.import ?? [], reloadEnvironment)
  })
}

function createStatus (): Command {
  return createControl('status', 'show every primary of this user, and its workers')
    .option('--json', 'a line of JSON for each')
    .option('--watch', 'show it again every second')
    .action(status)
}

function createScale (): Command {
  return createSteering('scale', 'keep so many workers from now on')
    .argument('<workers>', `how many: 1 to ${MOST_WORKERS}`, integer({ least: 1, most: MOST_WORKERS }))
    .action(scale)
}

/** A command for one primary that changes it. */
function createSteering (name: string, description: string): Command {
  return createControl(name, description).option('-w, --wait', 'end when it is done; exit with 1 and the reason when it fails')
}

/** A command for primaries that run already. */
function createControl (name: string, description: string): Command {
  const command = polite(new Command(name)).description(description)
  for (const option of whichOptions()) command.addOption(option)
  return command
}

function assertOneApp (given: string[]): void {
  if (given.length > 1) throw new UsageError(`one app is served at a time, got ${given.map(app => `'${app}'`).join(' and ')}`)
}

/** Throws instead of ending the process, and says where help is. */
function polite (command: Command): Command {
  return command
    .helpOption('-h, --help', 'print this')
    .showHelpAfterError('(shared-fastify --help shows what there is)')
    .exitOverride()
}
