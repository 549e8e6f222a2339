import t from 'tap'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path/posix'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

const [{ files }] = JSON.parse(execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root, encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } })) as [{ files: Array<{ path: string }> }]

const inPackage = files.map(({ path }) => path)

const textOf = (path: string): string => readFileSync(join(root, path), 'utf8').replace(/^```[^]*?^```/gm, '')

for (const page of inPackage.filter(path => path.endsWith('.md'))) {
  t.test(`every link and image of ${page} works in an installed package`, async t => {
    const links = [...textOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, to]) => to as string).filter(to => !/^https?:/.test(to))
    t.same(links.filter(to => !works(page, to)), [])
  })
}

function works (page: string, to: string): boolean {
  const [path, anchor] = to.split('#') as [string, string?]
  const target = path === '' ? page : join(dirname(page), path)
  if (!inPackage.some(file => file === target || file.startsWith(`${target.replace(/\/$/, '')}/`))) return false
  return anchor === undefined || anchorsOf(target).has(anchor)
}

/** The anchors that GitHub and npm give to the headings of a page. */
function anchorsOf (page: string): Set<string> {
  const counts = new Map<string, number>()
  const anchors = [...textOf(page).matchAll(/^#{1,6} (.*)$/gm)].map(([, title]) => {
    const name = (title as string).replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').trim().toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-')
    const count = counts.get(name) ?? 0
    counts.set(name, count + 1)
    return count === 0 ? name : `${name}-${count}`
  })
  return new Set([...anchors, ...[...textOf(page).matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id as string)])
}
