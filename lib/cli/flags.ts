import { Option } from 'commander'
import { variable, variableOf } from './environment.js'
import { UsageError } from './exit.js'

/** The flags of `start`, as they were given. */
export interface StartFlags {
  workers: string
  port: string
  address?: string
  socket?: string
  fd?: string
  prefix?: string
  options?: boolean
  import?: string[]
  logLevel: string
  prettyLogs?: boolean
  pluginTimeout: string
  bodyLimit?: string
  grace: string
  lane: string
  policy: string
}

/** Each with the value that the environment has for it as its default. */
export function createOptions (): Option[] {
  return [
    text('-n, --workers <number>', 'how many workers: 1 to 1024, or auto: one for each CPU', 'auto'),
    text('-p, --port <port>', 'port; 0: any that is free', variable('PORT') ?? '3000'),
    text('-a, --address <address>', 'address (default: localhost; 0.0.0.0 in Docker and Kubernetes)'),
    text('-s, --socket <path>', 'Unix socket, instead of a port'),
    text('--fd <number>', 'inherited descriptor of a listening socket, instead of a port'),
    text('-x, --prefix <prefix>', "prefix of the app's routes"),
    toggle('-o, --options', 'create Fastify with what the app exports as "options"'),
    list('-i, --import <module>', 'module to load before the app; may be repeated'),
    text('-l, --log-level <level>', 'fatal, error, warn, info, debug, trace or silent', 'info'),
    toggle('-P, --pretty-logs', 'readable logs (default on a terminal, JSON elsewhere)'),
    new Option('--no-pretty-logs', 'JSON on a terminal too'),
    text('-T, --plugin-timeout <ms>', 'how long a plugin may take to load; 0: no limit', '10000'),
    text('--body-limit <bytes>', 'largest request body (default: 1 MiB)'),
    text('-g, --grace <ms>', 'how long a stopping worker has to finish what it has', '10000'),
    text('--lane <lane>', 'how connections travel to the workers: auto, native or ipc', 'auto'),
    text('--policy <policy>', 'who gets the next connection: round-robin', 'round-robin')
  ]
}

function text (flags: string, description: string, fallback?: string): Option {
  const option = new Option(flags, description)
  return option.default(ofEnvironment(option) ?? fallback)
}

function list (flags: string, description: string): Option {
  const option = new Option(flags, description)
  const inherited = ofEnvironment(option)
  const given: string[] = []
  return option
    .default(inherited === undefined ? undefined : [inherited])
    .argParser(value => {
      given.push(value)
      return given
    })
}

/** On where the environment says 'true', as in fastify-cli. */
function toggle (flags: string, description: string): Option {
  const option = new Option(flags, description)
  const value = ofEnvironment(option)
  if (value === undefined) return option
  if (value !== 'true' && value !== 'false') throw new UsageError(`${variableOf(option.name())} must be true or false, got '${value}'`)
  return option.default(value === 'true')
}

function ofEnvironment (option: Option): string | undefined {
  return variable(variableOf(option.name()))
}
