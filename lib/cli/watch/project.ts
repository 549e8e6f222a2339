import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { findFor } from '../app/app-file.js'

/** The folders that an app is developed in; absolute, and without symbolic links. */
export interface Project {
  /** The app's file. */
  app: string
  /** The folder of the nearest package.json; without one the app's own. */
  folder: string
  /** Where git's rules begin: the folder of the repository; without one the project's. */
  repository: string
  /** Where what is built goes, whether it is there or not. */
  outputs: string[]
}

export function findProject (given: string): Project {
  const app = realpathSync(given)
  const folder = findUp(dirname(app), 'package.json') ?? dirname(app)
  return {
    app,
    folder,
    repository: findUp(folder, '.git') ?? folder,
    outputs: [...outDirs(findFor(app, 'tsconfig.json')), join(folder, 'dist')].filter(output => output !== folder && isInside(output, folder))
  }
}

/** Whether it is the folder, or in it. */
export function isInside (path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep)
}

/** As `ignore` and git spell it; '' for the folder itself. */
export function spellFrom (folder: string, path: string): string {
  return relative(folder, path).split(sep).join('/')
}

function findUp (folder: string, name: string): string | undefined {
  for (let above; folder !== above; folder = dirname(above = folder)) if (existsSync(join(folder, name))) return folder
  return undefined
}

/** What a tsconfig.json, or else one that it extends by a path, says. */
function outDirs (tsconfig: string | undefined, depth = 0): string[] {
  const { extends: bases, compilerOptions: { outDir } = {} } = tsconfig === undefined ? {} : readTsconfig(tsconfig)
  if (typeof outDir === 'string') return [resolve(dirname(tsconfig as string), outDir.replace(/^\$\{configDir\}/, '.'))]
  if (depth === MOST_EXTENDED) return []
  return [bases ?? []].flat().filter(base => /^\.{0,2}\//.test(base)).flatMap(base => {
    const path = resolve(dirname(tsconfig as string), base)
    return outDirs(path.endsWith('.json') ? path : `${path}.json`, depth + 1)
  })
}

/** Files that extend one another: more than any has, unless it extends itself. */
const MOST_EXTENDED = 8

interface Tsconfig { extends?: string | string[], compilerOptions?: { outDir?: unknown } }

/** One that cannot be read is tsx's to complain of. */
function readTsconfig (path: string): Tsconfig {
  try {
    return JSON.parse(withoutComments(readFileSync(path, 'utf8'))) as Tsconfig
  } catch {
    return {}
  }
}

/** JSON as TypeScript takes it, with comments and commas at the end, as JSON. */
function withoutComments (text: string): string {
  const keepTexts = (pattern: RegExp) => (text: string) => text.replace(pattern, (_, kept: string | undefined) => kept ?? '')
  return keepTexts(/("(?:\\.|[^"\\])*")|,(?=\s*[}\]])/g)(keepTexts(/("(?:\\.|[^"\\])*")|\/\/.*|\/\*[^]*?\*\//g)(text))
}
