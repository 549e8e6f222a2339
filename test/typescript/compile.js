// Compiles one file, or takes what an earlier process has compiled from the same text.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const FOLDER = fileURLToPath(new URL('../../.tap/typescript/', import.meta.url))

/** The JavaScript of the file with this text. */
export async function compile (path, text) {
  const compiled = compiledPath(path, text)
  try {
    return readFileSync(compiled, 'utf8')
  } catch {} // it is new, or changed
  const script = await transpile(path, text)
  mkdirSync(FOLDER, { recursive: true })
  // Another process may compile the same file: each sees all of it, or nothing.
  const written = `${compiled}.${process.pid}`
  writeFileSync(written, script)
  renameSync(written, compiled)
  return script
}

/** Where the compiled file is, or will be. */
export function compiledPath (path, text) {
  return join(FOLDER, `${createHash('sha256').update(`${path}\n${text}`).digest('hex').slice(0, 32)}.js`)
}

async function transpile (path, text) {
  const { transform } = createRequire(createRequire(import.meta.url).resolve('tsx/package.json'))('esbuild')
  const { code } = await transform(text, {
    loader: 'ts',
    target: 'es2023',
    sourcefile: path,
    sourcemap: 'inline',
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } }
  })
  return code
}
