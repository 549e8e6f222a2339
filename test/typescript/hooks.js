// Hooks of Node's module loader: https://nodejs.org/docs/latest-v20.x/api/module.html#hooks
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { compile } from './compile.js'

/** TypeScript's imports name the file that will be there after the build. */
export async function resolve (specifier, context, nextResolve) {
  const source = sourceOf(specifier, context.parentURL)
  return await nextResolve(source ?? specifier, context)
}

export async function load (url, context, nextLoad) {
  if (!isOurs(url)) return await nextLoad(url, context)
  const loaded = await nextLoad(url, { ...context, format: 'module' })
  return { ...loaded, source: await compile(fileURLToPath(url), String(loaded.source)) }
}

function sourceOf (specifier, parentURL) {
  if (!/^(\.\.?\/|file:)[^?#]*\.js(\?|$)/.test(specifier) || specifier.includes('/node_modules/')) return undefined
  const source = specifier.replace(/\.js(?=\?|$)/, '.ts')
  return existsSync(new URL(source, parentURL)) ? source : undefined
}

/** A mock's URL has a query. */
function isOurs (url = '') {
  return /^file:[^?#]*\.ts(\?|$)/.test(url) && !url.includes('/node_modules/')
}
