import { fstatSync, type Stats } from 'node:fs'
import type { FastifyBaseLogger } from 'fastify'
import { type ChokidarOptions, type FSWatcher, watch } from 'chokidar'
import { type Clock, systemClock } from '../../platform/clock.js'

/** Milliseconds without a further change that end a burst: editors and git write many files at once. */
const QUIET = 100

/** The longest duration of a burst in milliseconds: files that change all the time are reported nevertheless. */
const LONGEST_BURST = 1_000

/** Milliseconds between two polls, if the system cannot report changes. */
const POLL = 1_000

/**
 * Errors that mean that the system has no room for more watches, in total (inotify's max_user_watches) or
 * for this user (max_user_instances).
 */
const FULL = new Set(['ENOSPC', 'EMFILE'])

export interface SourceWatcherParts {
  /** Files and folders. Folders are watched recursively. */
  paths: string[]
  ignores (path: string, isFolder?: boolean): boolean
  /** Called once for each burst, with the files that were written, created or removed. */
  changed (paths: string[]): void
  log: FastifyBaseLogger
  /**
   * Descriptors that this process writes to. If they are files inside the project, each log line would count
   * as a change.
   */
  outputs?: number[]
  open?: typeof watch
  clock?: Clock
}

/** Watches source files and reports changes. */
export class SourceWatcher {
  readonly #parts: Required<SourceWatcherParts>
  #watcher: FSWatcher | undefined
  #polls = false
  /** The identities of the files behind `outputs`. */
  readonly #outputs: Set<string>
  readonly #changed = new Set<string>()
  #burst: { endsAt: number, cancel: () => void } | undefined

  constructor (parts: SourceWatcherParts) {
    this.#parts = { outputs: [1, 2], open: watch, clock: systemClock, ...parts }
    this.#outputs = new Set(this.#parts.outputs.map(fd => identify(fstatSync(fd))))
  }

  /** Resolves when all further changes will be noticed. */
  async start (): Promise<void> {
    await new Promise<void>(resolve => { this.#open(resolve) })
  }

  async close (): Promise<void> {
    this.#burst?.cancel()
    await this.#watcher?.close()
  }

  #open (onReady: () => void): void {
    const { paths, ignores, open } = this.#parts
    const options: ChokidarOptions = {
      ignored: (path, stats) => ignores(path, stats?.isDirectory()) || (stats !== undefined && this.#outputs.has(identify(stats))),
      ignoreInitial: true,
      ignorePermissionErrors: true,
      followSymlinks: false, // they may lead outside of the project, or in circles
      ...(this.#polls && { usePolling: true, interval: POLL })
    }
    const watcher = open(paths, options)
    this.#watcher = watcher
    let ready = false
    // While the folders are read, symbolic links are reported as added, even with ignoreInitial.
    watcher.on('all', (event, path) => { if ((ready || event !== 'add') && !event.endsWith('Dir')) this.#add(path) })
    watcher.on('error', err => { if (this.#watcher === watcher) this.#failed(err as NodeJS.ErrnoException, onReady) })
    watcher.on('ready', () => {
      ready = true
      if (this.#watcher === watcher) onReady()
    })
  }

  #failed (err: NodeJS.ErrnoException, onReady: () => void): void {
    const { log } = this.#parts
    if (this.#polls || !FULL.has(err.code ?? '')) return log.error({ event: 'watch-error', err }, 'cannot watch all files: changes to some of them will be missed')
    log.warn({ event: 'watch-polls', err }, 'the system limit for watched files is reached (see fs.inotify in sysctl): checking every file each %d ms instead', POLL)
    this.#polls = true
    this.#watcher?.close()
    this.#open(onReady)
  }

  #add (path: string): void {
    const { clock } = this.#parts
    const now = clock.now()
    const { endsAt = now + LONGEST_BURST, cancel } = this.#burst ?? {}
    cancel?.()
    this.#changed.add(path)
    this.#burst = { endsAt, cancel: clock.after(Math.min(QUIET, endsAt - now), () => { this.#tell() }) }
  }

  #tell (): void {
    const changed = [...this.#changed]
    this.#changed.clear()
    this.#burst = undefined
    this.#parts.changed(changed)
  }
}

function identify ({ dev, ino }: Stats): string {
  return `${dev}:${ino}`
}
