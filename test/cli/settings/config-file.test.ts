import { join } from 'node:path'
import t, { type Test } from 'tap'
import { readConfigFile } from '../../../lib/cli/settings/config-file.js'
import { fileSchema } from '../../../lib/cli/settings/settings.js'

/** Makes a folder with these files the current one. */
function enter (t: Test, files: Record<string, string>): string {
  const folder = t.testdir(files)
  const before = process.cwd()
  process.chdir(folder)
  t.teardown(() => { process.chdir(before) })
  return folder
}

// TypeScript is tested in integration/command-config.test.ts: here tap's own hooks would load it.
const forms = {
  json: '{ "workers": 3 }',
  js: 'module.exports = { workers: 3 }',
  cjs: 'module.exports = async () => ({ workers: 3 })',
  mjs: 'export default () => ({ workers: 3 })'
}

for (const [extension, text] of Object.entries(forms)) {
  t.test(`shared-fastify.config.${extension} of the current folder is read`, async t => {
    const folder = enter(t, { [`shared-fastify.config.${extension}`]: text, 'package.json': '{}' })
    t.strictSame(await readConfigFile(undefined, undefined), { name: join(folder, `shared-fastify.config.${extension}`), values: { workers: 3 } })
  })
}

t.test("the configuration may be in the app's package.json", async t => {
  const folder = enter(t, { app: { src: {}, 'package.json': '{ "shared-fastify": { "workers": 3 } }' }, 'package.json': '{}' } as unknown as Record<string, string>)
  const file = { name: `"shared-fastify" of ${join(folder, 'app/package.json')}`, values: { workers: 3 } }
  t.strictSame(await readConfigFile(undefined, 'app/src/app.js'), file)
  t.strictSame(await readConfigFile('app/package.json', undefined), file)
  t.equal(await readConfigFile(undefined, undefined), undefined)
  process.chdir('app')
  t.strictSame(await readConfigFile(undefined, undefined), file)
})

t.test('two configurations are an error; one that is given explicitly is the only one', async t => {
  const folder = enter(t, { 'shared-fastify.config.json': '{}', 'other.json': '{ "workers": 3 }', 'package.json': '{ "shared-fastify": {} }' })
  await t.rejects(readConfigFile(undefined, undefined), { name: 'UsageError', message: `found more than one configuration: ${folder}/shared-fastify.config.json and "shared-fastify" of ${folder}/package.json; keep one, or choose one with --config` })
  t.strictSame(await readConfigFile('other.json', undefined), { name: join(folder, 'other.json'), values: { workers: 3 } })
})

t.test("paths are relative to the file's folder", async t => {
  const folder = enter(t, { etc: { 'app.json': '{ "app": "../app.js", "socket": "s", "import": ["./a.js", "b.js", "package", "/c.js"] }', 'b.js': '' } } as unknown as Record<string, string>)
  const { values } = await readConfigFile('etc/app.json', undefined) ?? {}
  t.strictSame(values, { app: join(folder, 'app.js'), socket: join(folder, 'etc/s'), import: [join(folder, 'etc/a.js'), join(folder, 'etc/b.js'), 'package', '/c.js'] })
})

t.test("the paths of places to listen are relative to the file's folder too", async t => {
  const folder = enter(t, { etc: { 'app.json': '{ "listen": ["unix:s", "unix:/s", "3000", "fd:3"] }', 'one.json': '{ "listen": "unix:s" }' } } as unknown as Record<string, string>)
  t.strictSame((await readConfigFile('etc/app.json', undefined))?.values.listen, [`unix:${join(folder, 'etc/s')}`, 'unix:/s', '3000', 'fd:3'])
  t.strictSame((await readConfigFile('etc/one.json', undefined))?.values.listen, [`unix:${join(folder, 'etc/s')}`])
})

t.test('all mistakes are reported at once, with the accepted values', async t => {
  const folder = enter(t, {
    'all.json': JSON.stringify({ worker: 4, colour: 'red', workers: 0, port: '80', recycle: { rss: 'x', requsts: 1 }, readyCheck: 1, signals: false, policy: 'mine', import: [1], 'log-level': 'info' })
  })
  const taken = Object.keys(fileSchema.properties).join(', ')
  await t.rejects(readConfigFile('all.json', undefined), {
    name: 'UsageError',
    message: [
      `${join(folder, 'all.json')} is invalid:`,
      "unknown setting 'worker': did you mean 'workers'?",
      `unknown setting 'colour': the settings are ${taken}`,
      "'readyCheck' is not accepted here: the workers would have to call it, but they do not load this file; use an onReady hook in the app instead",
      "'signals' is not accepted here: the command always handles signals",
      "unknown setting 'log-level': did you mean 'logLevel'?",
      "'workers' must be 'auto' or an integer from 1 to 1024, got 0",
      "'port' must be an integer from 0 to 65535, got '80'",
      "'import.0' must be a text that is not empty, got 1",
      "'policy' must be 'round-robin', 'least-connections', 'sticky' or a function, got 'mine'",
      "unknown setting 'recycle.requsts': did you mean 'recycle.requests'?",
      "'recycle.rss' must be bytes, an integer from 1 on, or a text like '512mb', got 'x'"
    ].join('\n  ')
  })
})

const broken: Array<[what: string, file: string, text: string, says: { message: RegExp | string, name?: string, code?: string }]> = [
  ['is not an object', 'a.json', '[]', { name: 'UsageError', message: /its value must be an object/ }],
  ['exports nothing', 'a.mjs', 'export const workers = 3', { name: 'UsageError', message: /its value must be an object.*got undefined/ }],
  ['is not JSON', 'b.json', '{', { code: 'SHARED_PORT_ERR_CONFIG_FAILED', message: /b\.json failed to load: .*JSON/ }],
  ['throws', 'b.mjs', 'throw new Error("the reason")', { code: 'SHARED_PORT_ERR_CONFIG_FAILED', message: /b\.mjs failed to load: the reason$/ }],
  ['throws something other than an error', 'c.mjs', 'throw 1', { code: 'SHARED_PORT_ERR_CONFIG_FAILED', message: /c\.mjs failed to load: 1$/ }],
  ['rejects', 'd.mjs', 'export default async () => { throw new Error("the reason") }', { code: 'SHARED_PORT_ERR_CONFIG_FAILED', message: /d\.mjs failed to load: the reason$/ }],
  ['has an unknown extension', 'f.yaml', '', { name: 'UsageError', message: "--config takes a .ts, .mts, .cts, .js, .mjs, .cjs, .json file, got 'f.yaml'" }],
  ['is a package.json without the key', 'package.json', '{}', { name: 'UsageError', message: /^--config takes a package\.json with the key "shared-fastify", but .* does not have it$/ }]
]

for (const [what, file, text, says] of broken) {
  t.test(`a config file that ${what} is reported as such`, async t => {
    enter(t, { [file]: text })
    await t.rejects(readConfigFile(file, undefined), says)
  })
}

t.test('a missing config file is reported by name', async t => {
  enter(t, {})
  await t.rejects(readConfigFile('nowhere.js', undefined), { name: 'UsageError', message: "--config takes a file, got 'nowhere.js': there is no such file" })
  await t.rejects(readConfigFile('.', undefined), { name: 'UsageError', message: "--config takes a file, got '.': it is not a file" })
})
