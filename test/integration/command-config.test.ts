import t from 'tap'
import { type App, appPath, command, request } from '../helper.js'

const PLUGIN = appPath('plugin.mjs')

/** The output of `shared-fastify config --json`. */
async function printed (app: App): Promise<Record<string, { value: unknown, source: string, name?: string }>> {
  t.strictSame(await app.ended, { code: 0, signal: null })
  return JSON.parse(app.text || '{}') as Record<string, { value: unknown, source: string, name?: string }>
}

const typescript = {
  ts: 'const config: { workers: number } = { workers: 3 }\nexport default config',
  mts: 'enum Workers { few = 3 }\nexport default async () => ({ workers: Workers.few })',
  cts: 'module.exports = { workers: 3 as number }'
}

for (const [extension, text] of Object.entries(typescript)) {
  t.test(`a config file may be TypeScript: ${extension}`, async t => {
    const cwd = t.testdir({ [`shared-fastify.config.${extension}`]: text })
    const app = command(t, ['config', PLUGIN, '--json'], { cwd })
    t.strictSame((await printed(app))['workers'], { value: 3, source: 'file', name: `${cwd}/shared-fastify.config.${extension}` })
  })
}

t.test('shared-fastify without arguments serves the app of the config file, with functions defined there', async t => {
  const cwd = t.testdir({
    src: { 'app.ts': "export default async (fastify: any) => { fastify.get('/', async () => ({ worker: fastify.sharedPort.workerId })) }" },
    'shared-fastify.config.mjs': `export default async () => ({
      app: 'src/app.ts', workers: 2, port: 0, address: '127.0.0.1',
      policy: workers => workers.find(({ id }) => id === 2) ?? null,
      onWorkerStart (id) { console.log(JSON.stringify({ event: 'hook', id, pid: process.pid })) }
    })`
  })
  const app = command(t, [], { cwd })
  const url = await app.url()
  for (let i = 0; i < 3; i++) t.strictSame(JSON.parse((await request(url)).body), { worker: 2 })
  t.strictSame((await app.events('hook', 2)).map(({ pid }) => pid), [app.pid, app.pid])
  t.strictSame(await app.stop(), { code: 0, signal: null })
})

t.test('shared-fastify config prints the resulting settings, and fails like start', async t => {
  const cwd = t.testdir({ 'package.json': '{ "shared-fastify": { "grace": 5 } }', '.env': 'FASTIFY_LOG_LEVEL=warn\n' })
  const settings = await printed(command(t, ['config', PLUGIN, '-n', '2', '--config', 'package.json', '--json'], { cwd }))
  t.strictSame(settings['app'], { value: PLUGIN, source: 'argument' })
  t.strictSame(settings['workers'], { value: 2, source: 'flag', name: '--workers' })
  t.strictSame(settings['logLevel'], { value: 'warn', source: 'variable', name: 'FASTIFY_LOG_LEVEL' })
  t.strictSame(settings['grace'], { value: 5, source: 'file', name: `"shared-fastify" of ${cwd}/package.json` })
  t.strictSame(settings['port'], { value: 3000, source: 'default' })

  const wrong = command(t, ['config', appPath('nowhere.mjs'), '-n', '2'], { cwd })
  t.strictSame(await wrong.ended, { code: 2, signal: null })
  t.match(wrong.text, /^workers +2 +--workers$/m)
  t.match(wrong.text, /^error: There is no app at /m)
})

const failing = {
  'a.mjs': { text: 'throw new Error("the reason")', code: 1, says: /^error: The config file .*a\.mjs failed to load: the reason\n {4}at file:\/\/.*a\.mjs:1:7\n$/ },
  'b.mjs': { text: 'export default { = }', code: 1, says: /b\.mjs:1\nexport default \{ = \}\n/ },
  'c.ts': { text: 'const a: = 1', code: 1, says: /c\.ts:1:9: ERROR/ },
  'd.mjs': { text: 'await new Promise(() => {})', code: 1, says: /^error: The config file .*d\.mjs failed to load: it never finishes loading: nothing is left to run, but a promise is still pending \(check its top-level await\)\n$/ },
  'e.json': { text: '{ "wrkers": 1, "port": -1 }', code: 2, says: /^error: .*e\.json is invalid:\n {2}unknown setting 'wrkers': did you mean 'workers'\?\n {2}'port' must be an integer from 0 to 65535, got -1\n$/ }
}

for (const [file, { text, code, says }] of Object.entries(failing)) {
  t.test(`an invalid config file is an error with the reason and the location: ${file}`, async t => {
    const app = command(t, [PLUGIN, '--config', file], { cwd: t.testdir({ [file]: text }) })
    t.strictSame(await app.ended, { code, signal: null })
    t.match(app.text, says)
    t.strictSame(app.lines, [])
  })
}
