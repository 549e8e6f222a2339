import { readFileSync } from 'node:fs'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import createIgnore, { type Ignore } from 'ignore'
import { isInside, type Project, spellFrom } from './project.js'

/**
 * Files in a project's folder that are not source: installed packages, files written at run time, and
 * temporary files of editors.
 */
const NO_SOURCE = [
  'node_modules', 'bower_components',
  '.git', '.hg', '.svn', '.gitignore', '.gitattributes', '.idea', '.vscode', '.DS_Store',
  'coverage', '.nyc_output', '.tap',
  '*.log', '*.pid', '*.sock', '*.sqlite', '*.sqlite-*', '*.sqlite3', '*.sqlite3-*', '*.db', '*.db-*', '*.tsbuildinfo',
  '*~', '*.sw?', '.#*', '\\#*#', '4913', '*.tmp'
]

/** Decides which files of a project are its source. */
export class SourceFilter {
  readonly #project: Project
  /** Files that are watched wherever they are, even if git ignores them. */
  readonly #always: ReadonlySet<string>
  readonly #noSource = createPatterns(NO_SOURCE)
  readonly #given: Ignore
  /** The .gitignore files, by folder. */
  readonly #gitignores = new Map<string, Ignore | undefined>()
  /** The folder of the running code, if the app itself is build output or ignored by git. */
  readonly #built: string | undefined

  /** @param patterns the values of --watch-ignore: patterns as in a .gitignore of the project's folder, or paths */
  constructor (project: Project, patterns: readonly string[], always: readonly string[] = []) {
    this.#project = project
    this.#always = new Set(always)
    this.#given = createPatterns(patterns.map(pattern => anchor(pattern, project.folder)))
    this.#built = this.#findBuilt()
  }

  /** Whether changes of this file do not matter to the app. @param isFolder undefined if that is not known */
  ignores (path: string, isFolder = false): boolean {
    const { folder } = this.#project
    if (path === folder) return false
    if (!isInside(path, folder)) return !this.#leadsToAlways(path)
    if (matches(this.#given, folder, path, isFolder).ignored) return true
    if (this.#always.has(path) || this.#leadsToBuilt(path)) return false
    return this.#isNoSource(path, isFolder, this.#built !== undefined && isInside(path, this.#built) ? this.#built : undefined)
  }

  /** @param within a folder: rules of folders above it, and rules that match the app itself, do not count */
  #isNoSource (path: string, isFolder: boolean, within?: string): boolean {
    const { app, folder, outputs } = this.#project
    return outputs.some(output => isInside(path, output) && !(within !== undefined && isInside(app, output))) ||
      matches(this.#noSource, within ?? folder, path, isFolder).ignored ||
      this.#isIgnoredByGit(path, isFolder, within)
  }

  /**
   * The last matching rule counts, and rules of deeper folders override those above:
   * https://git-scm.com/docs/gitignore
   */
  #isIgnoredByGit (path: string, isFolder: boolean, within: string | undefined): boolean {
    let ignored = false
    for (const folder of this.#foldersTo(path)) {
      const gitignore = this.#gitignoreOf(folder)
      if (within !== undefined && (!isInside(folder, within) || this.#namesApp(folder))) continue
      const found = gitignore && matches(gitignore, folder, path, isFolder)
      if (found?.ignored === true) ignored = true
      else if (found?.unignored === true) ignored = false
    }
    return ignored
  }

  /** Whether the folder's .gitignore ignores the app itself. */
  #namesApp (folder: string): boolean {
    const { app } = this.#project
    const gitignore = this.#gitignoreOf(folder)
    return gitignore !== undefined && isInside(app, folder) && matches(gitignore, folder, app, false).ignored
  }

  #gitignoreOf (folder: string): Ignore | undefined {
    if (!this.#gitignores.has(folder)) this.#gitignores.set(folder, readGitignore(join(folder, '.gitignore')))
    return this.#gitignores.get(folder)
  }

  /** The folders above a path, from the repository's root down. */
  #foldersTo (path: string): string[] {
    const folders: string[] = []
    for (let folder = dirname(path); isInside(folder, this.#project.repository); folder = dirname(folder)) {
      folders.unshift(folder)
      if (folder === dirname(folder)) break
    }
    return folders
  }

  #findBuilt (): string | undefined {
    const { app, folder, outputs } = this.#project
    const isApp = this.#isNoSource(app, false) || this.#foldersTo(app).some(above => above !== folder && isInside(above, folder) && this.#isNoSource(above, true))
    return isApp ? outputs.find(output => isInside(app, output)) ?? dirname(app) : undefined
  }

  #leadsToAlways (path: string): boolean {
    return [...this.#always].some(file => isInside(file, path))
  }

  #leadsToBuilt (path: string): boolean {
    return this.#built !== undefined && isInside(this.#built, path)
  }
}

/** @param patterns a list of patterns, or the text of a .gitignore */
function createPatterns (patterns: readonly string[] | string): Ignore {
  return createIgnore({ ignorecase: false }).add(patterns)
}

function matches (patterns: Ignore, folder: string, path: string, isFolder: boolean): { ignored: boolean, unignored: boolean } {
  return patterns.test(spellFrom(folder, path) + (isFolder ? '/' : ''))
}

function readGitignore (path: string): Ignore | undefined {
  try {
    return createPatterns(readFileSync(path, 'utf8'))
  } catch {
    return undefined // there is no such file, or it may not be read
  }
}

/**
 * Converts a path inside the folder, relative to the current folder, to a pattern relative to the project's
 * folder. Anything else stays as it is.
 */
function anchor (pattern: string, folder: string): string {
  const isPath = isAbsolute(pattern) || /^\.{1,2}\//.test(pattern)
  return isPath && isInside(resolve(pattern), folder) ? `/${spellFrom(folder, resolve(pattern))}` : pattern
}
