import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { findProject } from '../../../lib/cli/watch/project.js'
import { SourceFilter } from '../../../lib/cli/watch/source-filter.js'

/** A repository in a temporary folder, which nothing above it affects. */
function create (t: Test, files: Record<string, string>): string {
  const folder = t.testdir({})
  for (const [name, text] of Object.entries({ '.git/HEAD': '', ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

/** Which of these paths are ignored. Folders end with a slash. */
function ignored (t: Test, { app = 'app.js', files = {}, patterns = [] as string[], always = [] as string[] }, paths: string[]): string[] {
  const folder = create(t, { 'package.json': '{}', [app]: '', ...files })
  const filter = new SourceFilter(findProject(join(folder, app)), patterns.map(pattern => pattern.replace('FOLDER', folder)), always.map(name => join(folder, name)))
  return paths.filter(path => filter.ignores(join(folder, path.replace(/\/$/, '')), path.endsWith('/')))
}

t.test('installed packages, files written at run time and temporary files of editors are not source', async t => {
  const none = ['node_modules/', 'packages/a/node_modules/', '.git/', 'app.log', 'data/dev.sqlite-wal', 'app.js~', '.app.js.swp', '4913', '.#app.js', '#app.js#', 'coverage/']
  t.same(ignored(t, {}, [...none, 'app.js', 'lib/', 'views/index.ejs', 'config.json', '.env.local', 'logs.js']), none)
})

t.test('files ignored by .gitignore are not source: above the project, and below it', async t => {
  const files = {
    'package.json': '{}',
    '.gitignore': '/tmp/\n*.gen.js\n!keep.gen.js\n',
    'packages/.gitignore': 'secret.js\n',
    'packages/web/package.json': '{}',
    'packages/web/lib/.gitignore': '!a.gen.js\nlocal/\n'
  }
  t.same(ignored(t, { app: 'packages/web/app.js', files }, [
    'packages/web/x.gen.js', 'packages/web/keep.gen.js', 'packages/web/lib/a.gen.js', 'packages/web/lib/b.gen.js', 'packages/web/secret.js',
    'packages/web/lib/local/', 'packages/web/local/', 'packages/web/tmp/'
  ]), ['packages/web/x.gen.js', 'packages/web/lib/b.gen.js', 'packages/web/secret.js', 'packages/web/lib/local/'])
})

t.test('the output of tsc is not source, whether tsconfig.json defines it or one that it extends', async t => {
  const paths = ['dist/', 'out/js/', 'out/', 'lib/']
  t.same(ignored(t, {}, paths), ['dist/'])
  t.same(ignored(t, { files: { 'tsconfig.json': '{ // comment "outDir": "lib"\n "compilerOptions": { /* here */ "outDir": "./out/js", }, }' } }, paths), ['dist/', 'out/js/'])
  t.same(ignored(t, { files: { 'tsconfig.json': '{ "extends": ["some-package", "./config/base"] }', 'config/base.json': '{ "compilerOptions": { "outDir": "../out" } }' } }, paths), ['dist/', 'out/js/', 'out/'])
  t.same(ignored(t, { files: { 'tsconfig.json': '{ "extends": "./tsconfig.json" }' } }, paths), ['dist/'])
  t.same(ignored(t, { files: { 'tsconfig.json': '{ "compilerOptions": { "outDir": "." } }' } }, paths), ['dist/'], 'beside the source')
  t.same(ignored(t, { files: { 'tsconfig.json': 'no JSON' } }, paths), ['dist/'])
})

t.test('an app that is itself build output is watched in the output folder', async t => {
  const files = { '.gitignore': 'dist\nbuild\n' }
  t.same(ignored(t, { app: 'dist/server/app.js', files }, ['dist/', 'dist/server/', 'dist/server/app.js', 'dist/lib/a.js', 'dist/node_modules/', 'build/', 'src/']), ['dist/node_modules/', 'build/'])
  t.same(ignored(t, { app: 'build/app.js', files }, ['build/', 'build/app.js', 'build/a.log', 'dist/']), ['build/a.log', 'dist/'])
  t.same(ignored(t, { app: '.tap/fixture/app.js' }, ['.tap/', '.tap/fixture/', '.tap/fixture/app.js', '.tap/results/', '.tap/fixture.js']), ['.tap/results/', '.tap/fixture.js'])
  t.same(ignored(t, { app: 'dist/app.js', files: { ...files, 'dist/.gitignore': 'local' } }, ['dist/app.js', 'dist/a.js', 'dist/local/']), ['dist/local/'])
  t.same(ignored(t, { files: { '.gitignore': '*.js' } }, ['app.js', 'lib/a.js', 'a.log']), ['a.log'])
})

t.test('--watch-ignore takes patterns relative to the project, and paths relative to the current folder', async t => {
  const paths = ['data/', 'lib/data/', 'docs/a.md', 'a.md', 'x.js', 'app.js']
  t.same(ignored(t, { patterns: ['data'] }, paths), ['data/', 'lib/data/'])
  t.same(ignored(t, { patterns: ['/data/', '*.md'] }, paths), ['data/', 'docs/a.md', 'a.md'])
  t.same(ignored(t, { patterns: ['docs/**', 'FOLDER/x.js', 'FOLDER/data'] }, paths), ['data/', 'docs/a.md', 'x.js'])
  const cwd = process.cwd()
  const folder = create(t, { 'package.json': '{}', 'sub/app.js': '' })
  process.chdir(join(folder, 'sub'))
  const filter = new SourceFilter(findProject('app.js'), ['./a.js', '../b.js'])
  process.chdir(cwd)
  t.same(['a.js', 'sub/a.js', 'b.js', 'sub/b.js'].filter(path => filter.ignores(join(folder, path))), ['sub/a.js', 'b.js'])
})

t.test('.env is watched even if git ignores it, unless --watch-ignore names it', async t => {
  const files = { '.gitignore': '.env*\n' }
  t.same(ignored(t, { files, always: ['.env'] }, ['.env', '.env.local']), ['.env.local'])
  t.same(ignored(t, { files, always: ['.env'], patterns: ['.env'] }, ['.env']), ['.env'])
})

t.test("a project is the folder of the nearest package.json, or else the app's", async t => {
  const folder = create(t, { 'web/package.json': '{}', 'web/src/app.js': '' })
  t.match(findProject(join(folder, 'web/src/app.js')), { folder: join(folder, 'web'), repository: folder })
})
