import { statSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Program } from '../../primary/workers/fork.js'
import { findFor, isTypeScript } from '../app/app-file.js'
import { type Config, CONFIG } from '../settings/config.js'
import { variableOf } from '../settings/environment.js'
import { UsageError } from '../exit.js'

/** Where tsx looks for a tsconfig.json instead of in the current folder: https://tsx.is/dev-api/entry-point */
const TSCONFIG = 'TSX_TSCONFIG_PATH'

/** By which @fastify/autoload loads TypeScript too: it knows tsx by --require alone (https://github.com/fastify/fastify-autoload#environment-variables). */
const AUTOLOAD = 'FASTIFY_AUTOLOAD_TYPESCRIPT'

/**
 * What the workers run: the worker's entry, after what --import names, with tsx where the app is TypeScript.
 * @throws UsageError for an --import that names no file
 */
export function workerProgram (config: Config, imports: string[]): Program {
  const files = imports.map(findImport)
  const typescript = [config.app, ...files].some(isTypeScript)
  const tsconfig = typescript && process.env[TSCONFIG] === undefined ? findFor(config.app, 'tsconfig.json') : undefined
  const modules = [
    new URL('../watch/watch.js', import.meta.url).href, // first: what those after it throw is told to the primary
    ...(typescript ? [import.meta.resolve('tsx')] : []),
    ...files.map(file => isAbsolute(file) ? pathToFileURL(file).href : file)
  ]
  return {
    exec: fileURLToPath(new URL('worker.js', import.meta.url)),
    args: withoutFlag(process.argv.slice(2), '--admin-token'),
    execArgv: [...process.execArgv, ...modules.flatMap(module => ['--import', module])],
    env: {
      [CONFIG]: JSON.stringify(withoutToken(config)),
      [variableOf('admin-token')]: undefined, // Node leaves it out
      ...(typescript && { [AUTOLOAD]: '1' }),
      ...(tsconfig !== undefined && { [TSCONFIG]: tsconfig })
    }
  }
}

/** Apps may look at their arguments, and every user at those of a process: of the primary's, ps(1) shows it still. */
function withoutFlag (args: string[], flag: string): string[] {
  const end = args.indexOf('--')
  return args.filter((arg, i) => (end !== -1 && i > end) || !(arg === flag || args[i - 1] === flag || arg.startsWith(`${flag}=`)))
}

/** Workers have no use for what steers them all, and what they run may show its environment. */
function withoutToken (config: Config): Config {
  const { admin } = config.sharedPort
  if (typeof admin !== 'object') return config
  const { token, ...rest } = admin
  return { ...config, sharedPort: { ...config.sharedPort, admin: rest } }
}

/** A file, by its absolute path; or the name of a package, which Node looks for from the current folder. */
function findImport (given: string): string {
  const path = resolve(given)
  const found = statSync(path, { throwIfNoEntry: false })
  if (found?.isFile() === true) return path
  if (found !== undefined || /^\.{0,2}\//.test(given)) {
    throw new UsageError(`--import takes a file or a package, got '${given}': ${found === undefined ? 'there is no such file' : 'this is a folder'}`)
  }
  return given
}
