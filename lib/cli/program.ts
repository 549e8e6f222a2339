import { Command } from 'commander'
import { MOST_WORKERS } from '../options/schema.js'
import { readOptions, type Options } from '../options/options.js'
import type { StatusFlags } from './commands/status.js'
import type { SteerFlags } from './commands/steer.js'
import { type Config, readConfig } from './settings/config.js'
import { readConfigFile } from './settings/config-file.js'
import { UsageError } from './exit.js'
import { createOptions, integer, whichOptions } from './settings/flags.js'
import { InForce } from './settings/in-force.js'
import { show } from './settings/show.js'
import { LEVELS } from '../fastify/app-logger.js'
import { start } from './start.js'
import { oneLine } from '../platform/plain-text.js'
import type { Activation } from '../platform/socket-activation.js'
import { findUnknownVariables, tellUnknown } from './settings/unknown-variables.js'
import { version } from '../version.js'

const NOTES = `
Plugin options: everything after -- is passed to the app's plugin.
  $ shared-fastify app.js --workers 4 -- --greeting hello   # opts.greeting

Environment: FASTIFY_<OPTION>, for example FASTIFY_LOG_LEVEL=warn, sets an
option that the command line leaves out. PORT sets the port if FASTIFY_PORT is
not set. A .env file in the current folder adds variables that are not set yet.
The command line overrides the environment, which overrides a config file.

Development: with --watch, a changed file restarts the workers; the default is
then one worker. Requests wait until a new worker is ready. If the app fails to
start, they are answered 503 with the error until the next change. node_modules,
build output and what .gitignore names are not watched.

Signals: SIGTERM, SIGINT and SIGQUIT stop the server: the workers finish their
open requests, for --grace at most, then everything exits. A second SIGINT stops
it at once. SIGHUP replaces every worker, so that the app's current code is
loaded; requests that take longer than --grace are cut off. SIGUSR2 replaces the
primary too. SIGTTIN adds a worker, SIGTTOU removes one.

Exit codes: 0 stopped on request; 1 the app, its port or its config file failed,
or the workers crashed more often than --max-restarts; 2 wrong usage; 130 a
second SIGINT.`

/**
 * If fewer columns are left for a description, it is not wrapped. Next to the longest flag, a terminal of 80
 * columns leaves 39.
 */
const NARROWEST = 20

/** Commands whose options are part of the main help. */
const IN_MAIN_HELP = new Set(['shared-fastify', 'start', 'config'])

/**
 * Creates the command with its subcommands. `appArguments` are the arguments after `--`; `reloadEnvironment`
 * reads .env again; `activation` is what a service manager has passed.
 */
export function createProgram (appArguments: string[], reloadEnvironment: () => void, activation?: Activation): Command {
  const startCommand = createStart(appArguments, reloadEnvironment, activation)
  return polite(new Command('shared-fastify'))
    .description('Serve a Fastify app on one port, with a worker process for each CPU.')
    .usage('[start] <app> [options] [-- plugin options]')
    .version(version, '-v, --version', 'print the version')
    .helpCommand(false)
    .addCommand(startCommand, { isDefault: true })
    .addCommand(createConfig(appArguments, activation))
    .addCommand(createStatus())
    .addCommand(createSteering('reload', 'replace every worker; each new one is ready before the old one stops', 'until all workers are replaced').action(async (flags: SteerFlags) => { await (await steering()).reload(flags) }))
    .addCommand(createRestart())
    .addCommand(createScale())
    .addCommand(createControl('logs', 'change the log level of the primary and its workers').argument('<level>', `${LEVELS.join(', ')}, or a custom level of the app`).action(async (level: string, flags: SteerFlags) => { await (await steering()).logs(level, flags) }))
    .addCommand(createSteering('upgrade', 'replace the primary by a new one, with the same command line; it takes over when its workers are ready', 'until the new primary has taken over').action(async (flags: SteerFlags) => { await (await steering()).upgrade(flags) }))
    .addCommand(createSteering('stop', 'stop the server: the workers finish their open requests, for --grace at most', 'until the primary has exited').action(async (flags: SteerFlags) => { await (await steering()).stop(flags) }))
    .addHelpText('after', () => `\n${startCommand.helpInformation()}${NOTES}`)
}

function createStart (appArguments: string[], reloadEnvironment: () => void, activation?: Activation): Command {
  const command = withSettings(new Command('start'), '<app> [options] [-- plugin options]')
    .description('Serve an app. The default command.')
    .addHelpText('after', NOTES)
  return command.action(async (app: string | undefined) => {
    const settings = await find(command, app, activation)
    const { config, options } = understand(command, settings, appArguments)
    await start(config, options, { imports: settings.value('import'), pidfile: settings.value('pidfile'), reloadEnvironment, activation: settings.activation })
  })
}

/** Does everything that `start` does before it starts anything, and prints the resulting settings. */
function createConfig (appArguments: string[], activation?: Activation): Command {
  const command = withSettings(new Command('config'), '[app] [options] [-- plugin options]')
    .description('print the settings in force and where each one comes from; fails if start would reject them')
    .option('--json', 'print JSON')
  return command.action(async (app: string | undefined, { json = false }: { json?: boolean }) => {
    const settings = await find(command, app, activation)
    process.stdout.write(show(settings, json))
    for (const unknown of findUnknownVariables()) process.stderr.write(`warning: ${oneLine(tellUnknown(unknown))}\n`)
    understand(command, settings, appArguments)
  })
}

function withSettings (command: Command, usage: string): Command {
  polite(command)
    .usage(usage)
    .argument('[app]', 'a .ts, .mts, .cts, .js, .mjs or .cjs file that exports a plugin, async function (fastify, opts), or a Fastify instance that does not listen')
    .allowExcessArguments()
  for (const option of createOptions()) command.addOption(option)
  return command
}

async function find (command: Command, app: string | undefined, activation: Activation | undefined): Promise<InForce> {
  assertOneApp(command.args)
  return new InForce(command, app, await readConfigFile(command.getOptionValue('config'), app), activation)
}

function understand (command: Command, settings: InForce, appArguments: string[]): { config: Config, options: Options } {
  const app = settings.value('app') ?? command.error("error: missing required argument 'app'", { code: 'commander.missingArgument' })
  const config = readConfig(app, settings, appArguments)
  return { config, options: readOptions(config.sharedPort, name => settings.spell(name)) }
}

function createStatus (): Command {
  return createControl('status', 'show every primary of this user and its workers')
    .option('--json', 'print a line of JSON for each primary')
    .option('--watch', 'refresh every second')
    .action(async (flags: StatusFlags) => {
      const { status } = await import('./commands/status.js')
      await status(flags)
    })
}

function createRestart (): Command {
  return createSteering('restart', 'replace the worker of one slot; the new one is ready before the old one stops', 'until the worker is replaced')
    .argument('<slot>', 'the slot, as status shows it; the first is 0', integer({ minimum: 0, maximum: MOST_WORKERS - 1 }))
    .action(async (slot: number, flags: SteerFlags) => { await (await steering()).restart(slot, flags) })
}

function createScale (): Command {
  return createSteering('scale', 'change the number of workers', 'until the new number of workers is reached')
    .argument('<workers>', `the new number of workers: 1 to ${MOST_WORKERS}`, readWorkers)
    .action(async (workers: number, flags: SteerFlags) => { await (await steering()).scale(workers, flags) })
}

function readWorkers (text: string): number {
  if (/^0+$/.test(text)) throw new UsageError('scale keeps at least one worker; to stop them all, use: shared-fastify stop')
  return integer({ minimum: 1, maximum: MOST_WORKERS })(text)
}

/** Imported only when needed: a serving primary does not use it. */
async function steering (): Promise<typeof import('./commands/steer.js')> {
  return await import('./commands/steer.js')
}

/** A subcommand that changes one running primary. */
function createSteering (name: string, description: string, until: string): Command {
  return createControl(name, description).option('-w, --wait', `wait ${until}; if that fails, print the reason and exit with 1`)
}

/** A subcommand for running primaries. */
function createControl (name: string, description: string): Command {
  const command = polite(new Command(name)).description(description)
  for (const option of whichOptions()) command.addOption(option)
  return command
}

function assertOneApp (given: string[]): void {
  if (given.length > 1) throw new UsageError(`only one app can be served, got ${given.map(app => `'${app}'`).join(' and ')}`)
}

/** Makes the command throw instead of exiting the process, and point to its help after an error. */
function polite (command: Command): Command {
  return command
    .helpOption('-h, --help', 'print this help')
    .configureHelp({ minWidthToWrap: NARROWEST })
    .showHelpAfterError(`(${['shared-fastify', ...(IN_MAIN_HELP.has(command.name()) ? [] : [command.name()])].join(' ')} --help lists the commands and options)`)
    .exitOverride()
}
