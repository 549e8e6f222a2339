import { statSync } from 'node:fs'
import { dirname, extname, join, resolve } from 'node:path'
import { AppNotFoundError, AppTypeError } from '../../errors.js'
import { nearest } from '../../options/suggest.js'

const COMMANDS = ['start', 'config', 'status', 'reload', 'scale', 'logs', 'stop']

export const TYPESCRIPT = ['.ts', '.mts', '.cts']
export const JAVASCRIPT = ['.js', '.mjs', '.cjs']

/**
 * The absolute path of the app's file.
 * @throws SHARED_PORT_ERR_APP_NOT_FOUND
 * @throws SHARED_PORT_ERR_APP_TYPE
 */
export function findApp (given: string): string {
  const path = resolve(given)
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) throw new AppNotFoundError(path, /^[a-z]+$/.test(given) ? noCommand(given) : '')
  if (found.isDirectory()) throw new AppTypeError(`the directory ${path}`)
  if (![...TYPESCRIPT, ...JAVASCRIPT].includes(extname(path))) throw new AppTypeError(path)
  return path
}

function noCommand (given: string): string {
  const meant = nearest(given, COMMANDS)
  return `, and no command '${given}'${meant === undefined ? '' : `; did you mean ${meant}?`}`
}

export function isTypeScript (app: string): boolean {
  return TYPESCRIPT.includes(extname(app))
}

/** The path of the closest file called `name`, in the folder of `file` or in one of its parents. */
export function findFor (file: string, name: string): string | undefined {
  for (let folder = dirname(file), above; folder !== above; folder = dirname(above = folder)) {
    const path = join(folder, name)
    if (isFile(path)) return path
  }
  return undefined
}

export function isFile (path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true
}
