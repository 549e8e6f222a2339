import { resolve } from 'node:path'
import type { Logger } from 'pino'
import type { PrimaryProcess } from '../../primary-process.js'
import type { Config } from '../settings/config.js'
import { ENV_FILE } from '../settings/environment.js'
import { findProject, spellFrom } from './project.js'
import { SourceFilter } from './source-filter.js'
import { SourceWatcher } from './source-watcher.js'

/** Implements --watch: restarts the workers whenever a source file of the app changes. */
export async function restartOnChange ({ app, watchIgnore }: Config, primary: PrimaryProcess, reloadEnvironment: () => void, log: Logger): Promise<void> {
  const project = findProject(app)
  const envFile = resolve(ENV_FILE)
  const filter = new SourceFilter(project, watchIgnore, [envFile])
  const watcher = new SourceWatcher({
    paths: [project.folder, envFile],
    ignores: (path, isFolder) => filter.ignores(path, isFolder),
    changed: paths => {
      reloadEnvironment()
      primary.restart(paths.map(path => spellFrom(project.folder, path)))
    },
    log
  })
  await watcher.start()
  log.info({ event: 'watching', folder: project.folder }, 'watching %s for changes', project.folder)
}
