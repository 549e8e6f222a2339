import { Command, Option } from 'commander'
import { createRequire } from 'node:module'
import { start, type StartFlags } from './start.js'
import { USAGE } from './exit.js'

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string }

/** The command line. Everything after `--` is for the app. */
export function createProgram (): Command {
  const program = new Command('shared-fastify')
    .description('Serves a Fastify app from every core on one port.')
    .version(version)
    .usage('[command] <app> [options]')
    .showSuggestionAfterError()
    .exitOverride()
    .addHelpText('after', '\nAll options of the default command: shared-fastify start --help')
  program.command('start', { isDefault: true })
    .description('serve an app (the default command)')
    .argument('<app>', 'a .ts, .mts, .cts, .js, .mjs or .cjs file that exports a plugin, or a Fastify instance that does not listen')
    .usage('<app> [options] [-- options for the app]')
    .addOption(flag('-n, --workers <number>', 'how many workers: a number, or auto: as many as there are CPUs', 'auto'))
    .addOption(flag('-p, --port <port>', 'port; also $PORT', process.env['PORT'] ?? '3000'))
    .addOption(flag('-a, --address <address>', 'address (default: localhost; 0.0.0.0 in a container)'))
    .addOption(flag('-s, --socket <path>', 'Unix socket, instead of a port'))
    .addOption(flag('--fd <number>', 'inherited descriptor of a listening socket, instead of a port'))
    .addOption(flag('-l, --log-level <level>', 'log level', 'info'))
    .addOption(flag('-P, --pretty-logs', 'readable logs (default on a terminal)'))
    .addOption(flag('-x, --prefix <prefix>', 'prefix of the app\'s routes'))
    .addOption(flag('-o, --options', 'use the Fastify options that the app exports as "options"'))
    .addOption(flag('-i, --import <module>', 'module to load before the app; may be repeated').argParser(collect))
    .addOption(flag('-T, --plugin-timeout <ms>', 'milliseconds that a plugin may take to load', '10000'))
    .addOption(flag('--body-limit <bytes>', 'largest request body'))
    .addOption(flag('--grace <ms>', 'milliseconds that a stopping worker has to finish what it has', '10000'))
    .addOption(flag('--lane <lane>', 'how connections travel to the workers: auto, ipc', 'auto'))
    .addOption(flag('--policy <policy>', 'who gets the next connection: round-robin', 'round-robin'))
    .addHelpText('after', `
Each option can be set in the environment (or in .env) too: FASTIFY_PORT, FASTIFY_LOG_LEVEL, ...

Exit codes: 0 stopped as asked, 1 the app or its port failed, ${USAGE} wrong usage, 130 ended by a second SIGINT.`)
    .action(async (app: string, flags: StartFlags) => { await start(app, flags, appArguments()) })
  return program
}

/** What is left for commander: the command's own part of the arguments. */
export function ownArguments (argv = process.argv): string[] {
  const end = argv.indexOf('--')
  return end === -1 ? argv : argv.slice(0, end)
}

function appArguments (argv = process.argv): string[] {
  const end = argv.indexOf('--')
  return end === -1 ? [] : argv.slice(end + 1)
}

/** A flag that FASTIFY_<ITS NAME> sets as well; a switch is on where that is 'true', as in fastify-cli. */
function flag (flags: string, description: string, fallback?: string): Option {
  const option = new Option(flags, description)
  const name = `FASTIFY_${option.name().toUpperCase().replaceAll('-', '_')}`
  if (option.isBoolean()) return process.env[name] === 'true' ? option.default(true) : option
  if (fallback !== undefined) option.default(fallback)
  return option.env(name)
}

function collect (value: string, former: string[] = []): string[] {
  return [...former, value]
}
