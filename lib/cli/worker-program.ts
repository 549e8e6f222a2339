import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Program } from '../primary/fork.js'
import { findTsconfig, isTypeScript } from './app-file.js'
import { type Config, CONFIG } from './config.js'
import { UsageError } from './exit.js'

/** Where tsx looks for a tsconfig.json instead of in the current folder: https://tsx.is/dev-api/entry-point */
const TSCONFIG = 'TSX_TSCONFIG_PATH'

/**
 * What the workers run: the worker's entry, after what --import names, with tsx where the app is TypeScript.
 * @throws UsageError for an --import that names no file
 */
export function workerProgram (config: Config, imports: string[]): Program {
  const typescript = isTypeScript(config.app)
  const tsconfig = typescript && process.env[TSCONFIG] === undefined ? findTsconfig(config.app) : undefined
  const modules = [...(typescript ? [import.meta.resolve('tsx')] : []), ...imports.map(toModule)]
  return {
    exec: fileURLToPath(new URL('worker.js', import.meta.url)),
    args: process.argv.slice(2),
    execArgv: [...process.execArgv, ...modules.flatMap(module => ['--import', module])],
    env: {
      [CONFIG]: JSON.stringify(config),
      ...(tsconfig !== undefined && { [TSCONFIG]: tsconfig })
    }
  }
}

/** A file, by its URL; or the name of a package, which Node looks for from the current folder. */
function toModule (given: string): string {
  if (existsSync(given)) return pathToFileURL(resolve(given)).href
  if (/^\.{0,2}\//.test(given)) throw new UsageError(`option 'import' must be a file or a package, got '${given}': there is no such file`)
  return given
}
