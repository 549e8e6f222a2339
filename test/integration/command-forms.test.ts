import { tmpdir } from 'node:os'
import t from 'tap'
import { appPath, command, request } from '../helper.js'

// Each is started with --options from another folder, from which neither its own files, nor its
// tsconfig.json, nor Fastify can be found.

const plugins = {
  'plugin.cjs': { form: 'cjs', limit: 3, options: { fromApp: 'cjs' } },
  'esm/plugin.js': { form: 'js, type module', limit: 3, options: { fromApp: 'esm' } },
  'commonjs/plugin.js': { form: 'js, type commonjs', limit: 3, options: { fromApp: 'tsc' } },
  'commonjs/plugin.ts': { form: 'ts, type commonjs', limit: 3, options: { fromApp: 'ts' } },
  'typescript/src/app.ts': { colour: 'blue', greeting: 'hello, app' },
  'typescript/src/app.mts': { colour: 'blue', greeting: 'hello, app' },
  'typescript/src/app.cts': { colour: 'green', limit: 3 }
}

for (const [app, answer] of Object.entries(plugins)) {
  t.test(`an app may be a plugin in ${app}, with its options`, async t => {
    const url = await command(t, [appPath(app), '-n', '1', '-p', '0', '-o'], { cwd: tmpdir() }).url()
    t.match(JSON.parse((await request(url)).body), { worker: 1, ...answer })
  })
}

const instances = { 'instance.mjs': 'instance', 'instance.cjs': 'cjs instance', 'instance.ts': 'ts instance' }

for (const [app, form] of Object.entries(instances)) {
  t.test(`an app may be a Fastify instance in ${app}`, async t => {
    const url = await command(t, [appPath(app), '-n', '1', '-p', '0'], { cwd: tmpdir() }).url()
    t.strictSame(JSON.parse((await request(url)).body), { form, worker: 1 })
  })
}
