import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { findFor } from '../app/app-file.js'

/** The folders of an app in development. Absolute, with symbolic links resolved. */
export interface Project {
  /** The app's file. */
  app: string
  /** The folder of the nearest package.json, or the app's own folder if there is none. */
  folder: string
  /** Where git's rules begin: the root of the repository, or the project's folder if there is none. */
  repository: string
  /** The folders for build output, whether they exist or not. */
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

/** Whether the path is the folder itself or inside it. */
export function isInside (path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep)
}

/** The path relative to the folder, in the notation of `ignore` and git; '' for the folder itself. */
export function spellFrom (folder: string, path: string): string {
  return relative(folder, path).split(sep).join('/')
}

function findUp (folder: string, name: string): string | undefined {
  for (let above; folder !== above; folder = dirname(above = folder)) if (existsSync(join(folder, name))) return folder
  return undefined
}

/** The outDir of a tsconfig.json, or of one that it extends by a path. */
function outDirs (tsconfig: string | undefined, depth = 0): string[] {
  const { extends: bases, compilerOptions: { outDir } = {} } = tsconfig === undefined ? {} : readTsconfig(tsconfig)
  if (typeof outDir === 'string') return [resolve(dirname(tsconfig as string), outDir.replace(/^\$\{configDir\}/, '.'))]
  if (depth === MOST_EXTENDED) return []
  return [bases ?? []].flat().filter(base => /^\.{0,2}\//.test(base)).flatMap(base => {
    const path = resolve(dirname(tsconfig as string), base)
    return outDirs(path.endsWith('.json') ? path : `${path}.json`, depth + 1)
  })
}

/** The longest chain of `extends` that is followed. More than any project has, unless a file extends itself. */
const MOST_EXTENDED = 8

interface Tsconfig { extends?: string | string[], compilerOptions?: { outDir?: unknown } }

/** A file that cannot be read is ignored here: tsx reports it. */
function readTsconfig (path: string): Tsconfig {
  try {
    return JSON.parse(withoutComments(readFileSync(path, 'utf8'))) as Tsconfig
  } catch {
    return {}
  }
}

/** Converts TypeScript's JSON, which allows comments and trailing commas, to plain JSON. */
function withoutComments (text: string): string {
  const keepTexts = (pattern: RegExp) => (text: string) => text.replace(pattern, (_, kept: string | undefined) => kept ?? '')
  return keepTexts(/("(?:\\.|[^"\\])*")|,(?=\s*[}\]])/g)(keepTexts(/("(?:\\.|[^"\\])*")|\/\/.*|\/\*[^]*?\*\//g)(text))
}
