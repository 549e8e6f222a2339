import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FastifyInstance } from 'fastify'

/**
 * The page's files. They are served as they are: tsc does not process them, so they are in lib/ in the
 * package as well.
 */
const FOLDER = fileURLToPath(new URL('../../lib/admin/page/', import.meta.url))

/** The folder of uPlot, which draws the charts. */
const UPLOT = join(dirname(createRequire(import.meta.url).resolve('uplot/package.json')), 'dist')

const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' }

/** Nothing from other origins, nothing inline, no framing. */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** Serves the admin page. The files are read once. */
export function addPage (fastify: FastifyInstance): void {
  const add = (url: string, path: string): void => {
    const content = readFileSync(path)
    fastify.get(url, async (_request, reply) => await reply
      .type(`${TYPES[extname(path)] as string}; charset=utf-8`)
      .headers({ 'content-security-policy': POLICY, 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'cache-control': 'no-cache' })
      .send(content))
  }
  for (const name of readdirSync(FOLDER)) add(name === 'index.html' ? '/' : `/${name}`, join(FOLDER, name))
  add('/uplot.js', join(UPLOT, 'uPlot.esm.js'))
  add('/uplot.css', join(UPLOT, 'uPlot.min.css'))
}
