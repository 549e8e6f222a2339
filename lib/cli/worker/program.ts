import { statSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Program } from '../../primary/workers/fork.js'
import { findFor, isTypeScript } from '../app/app-file.js'
import { type Config, CONFIG } from '../settings/config.js'
import { variableOf } from '../settings/environment.js'
import { UsageError } from '../exit.js'

/**
 * The variable that tells tsx which tsconfig.json to use instead of the one in the current folder:
 * https://tsx.is/dev-api/entry-point
 */
const TSCONFIG = 'TSX_TSCONFIG_PATH'

/**
 * Makes @fastify/autoload load TypeScript: it detects tsx only if loaded by --require
 * (https://github.com/fastify/fastify-autoload#environment-variables).
 */
const AUTOLOAD = 'FASTIFY_AUTOLOAD_TYPESCRIPT'

/**
 * The program that the workers run: the worker's entry point, after the modules of --import, with tsx if any
 * of them is TypeScript.
 * @throws UsageError for an --import that does not exist
 */
export function workerProgram (config: Config, imports: string[]): Program {
  const files = imports.map(findImport)
  const typescript = [config.app, ...files].some(isTypeScript)
  const tsconfig = typescript && process.env[TSCONFIG] === undefined ? findFor(config.app, 'tsconfig.json') : undefined
  const modules = [
    new URL('../watch/watch.js', import.meta.url).href, // first, so that exceptions in the modules after it are reported to the primary
    ...(typescript ? [import.meta.resolve('tsx')] : []),
    ...files.map(file => isAbsolute(file) ? pathToFileURL(file).href : file)
  ]
  return {
    exec: fileURLToPath(new URL('worker.js', import.meta.url)),
    args: withoutFlag(process.argv.slice(2), '--admin-token'),
    execArgv: [...process.execArgv, ...modules.flatMap(module => ['--import', module])],
    env: {
      [CONFIG]: JSON.stringify(withoutToken(config)),
      [variableOf('admin-token')]: undefined, // Node omits undefined variables
      ...(typescript && { [AUTOLOAD]: '1' }),
      ...(tsconfig !== undefined && { [TSCONFIG]: tsconfig })
    }
  }
}

/**
 * Removes the token: apps may read their arguments, and all users may read those of any process. The
 * primary's own are still visible in ps(1).
 */
function withoutFlag (args: string[], flag: string): string[] {
  const end = args.indexOf('--')
  return args.filter((arg, i) => (end !== -1 && i > end) || !(arg === flag || args[i - 1] === flag || arg.startsWith(`${flag}=`)))
}

/** Removes the admin token: the workers do not need it, and an app may expose its environment. */
function withoutToken (config: Config): Config {
  const { admin } = config.sharedPort
  if (typeof admin !== 'object') return config
  const { token, ...rest } = admin
  return { ...config, sharedPort: { ...config.sharedPort, admin: rest } }
}

/** The absolute path of a file, or the name of a package, which Node resolves from the current folder. */
function findImport (given: string): string {
  const path = resolve(given)
  const found = statSync(path, { throwIfNoEntry: false })
  if (found?.isFile() === true) return path
  if (found !== undefined || /^\.{0,2}\//.test(given)) {
    throw new UsageError(`--import takes a file or a package, got '${given}': ${found === undefined ? 'there is no such file' : 'it is a folder'}`)
  }
  return given
}
