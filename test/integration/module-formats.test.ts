import t, { type Test } from 'tap'
import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { App, request, withoutHooks } from '../helper.js'

// How a user's code finds the plugin: by TypeScript's module settings, and in a bundle.

const root = fileURLToPath(new URL('../..', import.meta.url))
const tsc = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url))

const requires = `
  import Fastify = require('fastify')
  import sharedPort = require('shared-fastify')
  const fastify = Fastify()
  fastify.register(sharedPort, { workers: 0 })
  fastify.register(sharedPort.default, { workers: 0 })
  fastify.register(sharedPort.sharedPort, { workers: 0 })
  // @ts-expect-error: the options have their types here too
  fastify.register(sharedPort, { workers: 'many' })
  // @ts-expect-error
  const wrong: sharedPort.SharedPortOptions = { workers: 'many' }
  const options: sharedPort.SharedPortOptions = { workers: 4 }
  const role: 'primary' | 'worker' | 'standalone' = fastify.sharedPort.role
  export = { wrong, options, role }`

const imports = `
  import Fastify from 'fastify'
  import sharedPort, { sharedPort as named, type SharedPortOptions } from 'shared-fastify'
  export const options: SharedPortOptions = { workers: 0 }
  const fastify = Fastify()
  fastify.register(sharedPort, options)
  fastify.ready().then(() => { console.log(fastify.sharedPort.role, named === sharedPort) })`

/** The folder of a project that has installed the package. */
function project (t: Test, files: Record<string, string>): string {
  const linked = (path: string) => t.fixture('symlink', `${root}${path}`)
  return t.testdir({
    'package.json': '{ "type": "commonjs" }',
    ...files,
    node_modules: { 'shared-fastify': linked(''), fastify: linked('node_modules/fastify'), '@types': { node: linked('node_modules/@types/node') } }
  })
}

/** Without tap's hooks: they would take twice the time. */
const env = { ...process.env, NODE_OPTIONS: '' }

/** What tsc finds wrong. */
function check (cwd: string, module: string, files: string[]): string {
  const flags = ['--noEmit', '--strict', '--skipLibCheck', '--esModuleInterop', '--target', 'es2022', '--types', 'node', '--module', module]
  return spawnSync(process.execPath, [tsc, ...flags, ...files], { cwd, encoding: 'utf8', env }).stdout
}

for (const module of ['commonjs', 'preserve', 'node16', 'nodenext']) {
  t.test(`TypeScript with module ${module} knows the plugin by require and by import`, async t => {
    const cwd = project(t, { 'requires.ts': requires, 'imports.ts': imports, 'imports.mts': imports })
    const files = ['requires.ts', 'imports.ts', ...(module.startsWith('node') ? ['imports.mts'] : [])]
    t.equal(check(cwd, module, files), '')
  })
}

t.test('an import that TypeScript compiles to CommonJS runs', async t => {
  const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true }
  const cwd = project(t, { 'imports.js': ts.transpileModule(imports, { compilerOptions }).outputText })
  t.equal(execFileSync(process.execPath, ['--no-warnings', 'imports.js'], { cwd, encoding: 'utf8', env }), 'standalone true\n')
})

t.test('no type is missing in the types for CommonJS', async t => {
  const types = new URL('../../types/', import.meta.url)
  const namesIn = (file: string): string[] => [...readFileSync(new URL(file, types), 'utf8').matchAll(/^ *export (?:interface|type) (\w+)/gm)].map(([, name]) => name as string)
  const all = readdirSync(types).filter(file => file.endsWith('.d.ts')).flatMap(namesIn)
  t.same(namesIn('index.d.cts'), all.sort())
})

t.test('a bundle serves when shared-fastify is left out of it', async t => {
  const app = `
    import Fastify from 'fastify'
    import sharedPort from 'shared-fastify'
    const fastify = Fastify({ logger: true })
    fastify.register(sharedPort, { workers: 1, control: false })
    fastify.get('/', async () => ({ worker: fastify.sharedPort.workerId }))
    fastify.listen({ port: 0, host: '127.0.0.1' })`
  const cwd = project(t, { 'server.js': app })
  // tsx brings it.
  const { buildSync } = createRequire(createRequire(import.meta.url).resolve('tsx/package.json'))('esbuild') as { buildSync: (options: object) => void }
  buildSync({ absWorkingDir: cwd, entryPoints: ['server.js'], bundle: true, platform: 'node', format: 'cjs', external: ['shared-fastify'], outfile: 'bundle.cjs', logLevel: 'error' })
  const server = new App(t, ['bundle.cjs'], process.env, cwd, [], [...withoutHooks(), process.execPath])
  t.match(await request(await server.url()), { status: 200, body: '{"worker":1}' })
  t.same(await server.stop(), { code: 0, signal: null })
})
