// Compiles lib/ and the tests in one process before tap starts many. Removes what was compiled from older texts.
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compile, compiledPath, FOLDER } from './compile.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const paths = ['lib', 'test'].flatMap(folder => readdirSync(join(root, folder), { recursive: true }).map(name => join(root, folder, name)))
const current = new Set()
for (const path of paths.filter(path => /(?<!\.d)\.ts$/.test(path) && !path.includes('/fixtures/'))) {
  const text = readFileSync(path, 'utf8')
  await compile(path, text)
  current.add(basename(compiledPath(path, text)))
}
for (const name of readdirSync(FOLDER)) if (!current.has(name)) rmSync(join(FOLDER, name))
