import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { type Answer, type App, command, request } from '../helper.js'

const FASTIFY = fileURLToPath(new URL('../../node_modules/.bin/fastify', import.meta.url))

/** Packages that `npm install` would add to a generated project, and that are not among ours. */
const INSTALLED = { 'fastify-tsconfig': { 'tsconfig.json': '{ "compilerOptions": { "module": "node16", "strict": true, "esModuleInterop": true } }' } }

/** The folder of a project as fastify-cli generates it, unchanged. */
function generate (t: Test, ...flags: string[]): string {
  const folder = t.testdir({ node_modules: INSTALLED })
  execFileSync(FASTIFY, ['generate', 'my-app', ...flags], { cwd: folder, stdio: 'ignore', env: { ...process.env, NODE_OPTIONS: undefined } })
  return join(folder, 'my-app')
}

function serve (t: Test, cwd: string, ...args: string[]): App {
  return command(t, [...args, '--port', '0', '--address', '127.0.0.1', '--no-control'], { cwd })
}

const flavours = [
  { name: 'JavaScript', flags: [], app: 'app.js' },
  { name: 'JavaScript modules', flags: ['--esm'], app: 'app.js' },
  { name: 'TypeScript', flags: ['--lang=ts'], app: 'src/app.ts' },
  { name: 'TypeScript modules', flags: ['--lang=ts', '--esm'], app: 'src/app.ts' }
]

for (const { name, flags, app: file } of flavours) {
  t.test(`a project that fastify-cli generates is served unchanged: ${name}`, async t => {
    const app = serve(t, generate(t, ...flags), file, '--workers', '2')
    const url = await app.url()
    await app.workers(2)
    for (const id of [1, 2]) {
      while (!app.lines.some(({ workerId, res }) => workerId === id && res !== undefined)) {
        t.match(await request(url), { status: 200, body: '{"root":true}' })
        t.match(await request(`${url}/example`), { status: 200, body: 'this is an example' })
      }
    }
    t.same(app.failures, [])
    t.same(await app.stop(), { code: 0, signal: null })
  })
}

t.test("a generated project's exported options count with --options only", async t => {
  const project = generate(t)
  const file = join(project, 'app.js')
  writeFileSync(file, readFileSync(file, 'utf8').replace('const options = {}', 'const options = { routerOptions: { caseSensitive: false } }'))
  const ask = async (...args: string[]): Promise<Answer> => await request(`${await serve(t, project, 'app.js', '--workers', '1', ...args).url()}/EXAMPLE`)
  t.match(await ask('--options'), { status: 200, body: 'this is an example' })
  t.match(await ask(), { status: 404 })
})
