import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

// Tests that every link, anchor and path in the documentation exists, in the repository and in the package.

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const pages = pagesIn('')

interface Link { line: number, target: string }

function pagesIn (folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === 'node_modules' || entry.name.startsWith('.') ? [] : pagesIn(path)
    return path.endsWith('.md') ? [path] : []
  })
}

/** The page with its code blocks blanked, line by line. */
function proseOf (page: string): string[] {
  let fence: string | undefined
  return readFileSync(join(ROOT, page), 'utf8').split('\n').map(line => {
    const mark = /^\s*(`{3,}|~{3,})/.exec(line)?.[1]
    if (fence === undefined) {
      fence = mark
      return mark === undefined ? line : ''
    }
    if (mark?.startsWith(fence) === true) fence = undefined
    return ''
  })
}

function withoutCode (line: string): string {
  return line.replace(/`[^`]*`/g, '')
}

function linksOf (page: string): Link[] {
  return proseOf(page).flatMap((line, index) => {
    const text = withoutCode(line)
    const inline = [...text.matchAll(/\]\(<?([^)\s>]+)/g)]
    const reference = [...text.matchAll(/^\s*\[[^\]]+\]:\s*<?([^\s>]+)/g)]
    const html = [...text.matchAll(/\b(?:href|src|srcset)="([^"]+)"/g)]
    return [...inline, ...reference, ...html].map(([, target]) => ({ line: index + 1, target: target as string }))
  })
}

/** The anchors that GitHub makes of a page's headings. */
function anchorsOf (page: string): Set<string> {
  const anchors = new Set<string>()
  for (const line of proseOf(page)) {
    const heading = /^#{1,6}\s+(.+?)\s*#*$/.exec(line)?.[1]
    for (const [, id] of line.matchAll(/<a\s+(?:id|name)="([^"]+)"/g)) anchors.add(id as string)
    if (heading === undefined) continue
    const slug = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase().replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '').replaceAll(' ', '-')
    let anchor = slug
    for (let count = 1; anchors.has(anchor); count++) anchor = `${slug}-${count}`
    anchors.add(anchor)
  }
  return anchors
}

/** The problem of a link. Undefined if its target exists, or is on another site. */
function problemOf (page: string, target: string): string | undefined {
  if (/^[a-z][a-z+.-]*:|^\/\//i.test(target)) return undefined
  const [path = '', anchor] = decodeURIComponent(target).split('#')
  const file = path === '' ? page : normalize(join(dirname(page), path))
  if (file.startsWith('..')) return 'leads out of the repository'
  if (!existsSync(join(ROOT, file))) return `there is no ${file}`
  if (anchor === undefined || anchor === '' || !file.endsWith('.md')) return undefined
  return anchorsOf(file).has(anchor) ? undefined : `${file} has no heading with the anchor #${anchor}`
}

t.test('every relative link and anchor in the documentation resolves', async t => {
  t.ok(pages.includes('README.md'))
  const links = pages.flatMap(page => linksOf(page).map(link => ({ page, ...link })))
  t.ok(links.length > 50)
  t.same(links.flatMap(({ page, line, target }) => {
    const problem = problemOf(page, target)
    return problem === undefined ? [] : [`${page}:${line}: ${target}: ${problem}`]
  }), [])
})

t.test('every file and folder of this repository that the documentation names in code exists', async t => {
  const paths = pages.filter(page => page !== 'CHANGELOG.md').flatMap(page => proseOf(page).flatMap((line, index) =>
    [...line.matchAll(/`((?:lib|native|types|test|docs|bench|example|build)\/[\w./-]*)`/g)].map(([, path]) => ({ page, line: index + 1, path: path as string }))))
  t.ok(paths.length > 50)
  t.same(paths.filter(({ path }) => !existsSync(join(ROOT, path))), [])
})

t.test('every link and image of a page in the package leads to a file in the package', async t => {
  const [{ files }] = JSON.parse(execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: ROOT, encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } })) as [{ files: Array<{ path: string }> }]
  const packed = files.map(({ path }) => path)
  t.ok(packed.includes('README.md'))
  const isPacked = (path: string): boolean => packed.some(file => file === path || file.startsWith(path.replace(/\/?$/, '/')))
  const links = pages.filter(isPacked).flatMap(page => linksOf(page).map(link => ({ page, ...link }))).filter(({ target }) => !/^[a-z][a-z+.-]*:|^#/i.test(target))
  t.same(links.filter(({ page, target }) => !isPacked(normalize(join(dirname(page), target.replace(/#.*/, ''))))), [])
})

t.test('docs/FILES.md lists every file of lib/, or a folder that it is in', async t => {
  const listed = new Set(proseOf('docs/FILES.md').flatMap(line => line.startsWith('|') ? [...line.matchAll(/`(lib\/[\w./-]+)`/g)].map(([, path]) => path as string) : []))
  const files = readdirSync(join(ROOT, 'lib'), { recursive: true, encoding: 'utf8' }).map(path => `lib/${path}`).filter(path => path.endsWith('.ts'))
  const isListed = (path: string): boolean => listed.has(path) || (path.split('/').length > 2 && listed.has(`${dirname(path)}/`))
  t.same(files.filter(path => !isListed(path)), [])
})

t.test('the anchors are the same as on GitHub', async t => {
  t.ok(anchorsOf('docs/SIGNALS.md').has('what-a-reload-does'))
  t.match(problemOf('README.md', '#there-is-no-such-heading'), /no heading/)
  t.match(problemOf('README.md', 'docs/there-is-no-such-page.md'), /there is no/)
})
