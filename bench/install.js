import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Installs the packages that only the comparison needs, unless they are there. */
export function installDependencies () {
  const folder = fileURLToPath(new URL('.', import.meta.url))
  if (existsSync(`${folder}/node_modules/.package-lock.json`)) return
  const { status } = spawnSync('npm', ['ci', '--prefix', folder], { stdio: ['ignore', 2, 2] })
  if (status !== 0) throw new Error('npm ci failed in bench')
}
