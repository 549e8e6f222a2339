import { statSync } from 'node:fs'
import { dirname, extname, join, resolve } from 'node:path'
import { AppNotFoundError, AppTypeError } from '../errors.js'

const TYPESCRIPT = ['.ts', '.mts', '.cts']
const JAVASCRIPT = ['.js', '.mjs', '.cjs']

/**
 * The app's file, as an absolute path.
 * @throws SHARED_PORT_ERR_APP_NOT_FOUND
 * @throws SHARED_PORT_ERR_APP_TYPE
 */
export function findApp (given: string): string {
  const path = resolve(given)
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) throw new AppNotFoundError(path)
  if (found.isDirectory()) throw new AppTypeError(`the directory ${path}`)
  if (![...TYPESCRIPT, ...JAVASCRIPT].includes(extname(path))) throw new AppTypeError(path)
  return path
}

export function isTypeScript (app: string): boolean {
  return TYPESCRIPT.includes(extname(app))
}

/** The tsconfig.json that is meant for the app: the nearest one in its folder or above. */
export function findTsconfig (app: string): string | undefined {
  for (let folder = dirname(app), above; folder !== above; folder = dirname(above = folder)) {
    const path = join(folder, 'tsconfig.json')
    if (statSync(path, { throwIfNoEntry: false })?.isFile() === true) return path
  }
  return undefined
}
