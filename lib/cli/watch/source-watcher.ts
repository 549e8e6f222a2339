import { fstatSync, type Stats } from 'node:fs'
import type { FastifyBaseLogger } from 'fastify'
import { type ChokidarOptions, type FSWatcher, watch } from 'chokidar'
import { type Clock, systemClock } from '../../platform/clock.js'

/** Milliseconds without a further change that end a burst: editors and git write many files at once. */
const QUIET = 100

/** Milliseconds that a burst may last: what changes all the time is told of all the same. */
const LONGEST_BURST = 1_000

/** Milliseconds between two looks where the system cannot tell of changes. */
const POLL = 1_000

/** That the system has no room for more watchers, in all (inotify's max_user_watches) or of this user (max_user_instances). */
const FULL = new Set(['ENOSPC', 'EMFILE'])

export interface SourceWatcherParts {
  /** Files and folders; of the latter all that is in them. */
  paths: string[]
  ignores (path: string, isFolder?: boolean): boolean
  /** These files were written, made or removed: told once for a burst of them. */
  changed (paths: string[]): void
  log: FastifyBaseLogger
  /** Descriptors that this process writes to: should they be files, each line would be a change. */
  outputs?: number[]
  open?: typeof watch
  clock?: Clock
}

/** Tells of changed source files. */
export class SourceWatcher {
  readonly #parts: Required<SourceWatcherParts>
  #watcher: FSWatcher | undefined
  #polls = false
  /** The files behind them. */
  readonly #outputs: Set<string>
  readonly #changed = new Set<string>()
  #burst: { endsAt: number, cancel: () => void } | undefined

  constructor (parts: SourceWatcherParts) {
    this.#parts = { outputs: [1, 2], open: watch, clock: systemClock, ...parts }
    this.#outputs = new Set(this.#parts.outputs.map(fd => identify(fstatSync(fd))))
  }

  /** Resolves when every change from now on is seen. */
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
      followSymlinks: false, // they may lead anywhere, and in circles
      ...(this.#polls && { usePolling: true, interval: POLL })
    }
    const watcher = open(paths, options)
    this.#watcher = watcher
    let ready = false
    // Symbolic links are told of as added while the folders are read, whatever is said of that (ignoreInitial).
    watcher.on('all', (event, path) => { if ((ready || event !== 'add') && !event.endsWith('Dir')) this.#add(path) })
    watcher.on('error', err => { if (this.#watcher === watcher) this.#failed(err as NodeJS.ErrnoException, onReady) })
    watcher.on('ready', () => {
      ready = true
      if (this.#watcher === watcher) onReady()
    })
  }

  #failed (err: NodeJS.ErrnoException, onReady: () => void): void {
    const { log } = this.#parts
    if (this.#polls || !FULL.has(err.code ?? '')) return log.error({ event: 'watch-error', err }, 'cannot watch all files')
    log.warn({ event: 'watch-polls', err }, 'the system has no room for so many watched files (see fs.inotify in sysctl): looking at each of them every %d ms instead', POLL)
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
