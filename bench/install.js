import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Installs the packages that only the comparison needs, unless those of the lock file are there. */
export function installDependencies () {
  const folder = fileURLToPath(new URL('.', import.meta.url))
  const changedAt = path => statSync(`${folder}/${path}`, { throwIfNoEntry: false })?.mtimeMs
  if (changedAt('node_modules/.package-lock.json') >= changedAt('package-lock.json')) return
  const { status } = spawnSync('npm', ['ci', '--prefix', folder], { stdio: ['ignore', 2, 2] })
  if (status !== 0) throw new Error('npm ci failed in bench')
}
