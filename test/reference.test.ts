import t from 'tap'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { generate, generatedPages } from '../build/reference.js'
import * as errors from '../lib/errors.js'

const page = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')

for (const path of generatedPages) {
  t.test(`${path} describes the flags and options as they are`, async t => {
    t.equal(page(path), generate(path), 'up to date: otherwise run npm run reference')
  })
}

t.test('docs/API.md describes every error code', async t => {
  const text = page('docs/API.md')
  const codes = Object.values(errors).map(Type => new (Type as unknown as new (...args: unknown[]) => NodeJS.ErrnoException)('a', 'b', 'c').code as string)
  t.same(codes.filter(code => !text.includes(`\`${code}\``)), [])
})

t.test('docs/API.md describes every event and every field of stats()', async t => {
  const text = page('docs/API.md')
  const events = [...page('types/events.d.ts').matchAll(/^ {2}'?([a-z-]+)'?: \[/gm)].map(([, name]) => name as string)
  const interfaces = page('types/stats.d.ts').split(/^export interface Status\b/m)[0] as string
  const fields = [...interfaces.matchAll(/^ {2}(\w+): /gm)].map(([, name]) => name as string)
  t.not(events.length, 0)
  t.not(fields.length, 0)
  t.same([...events, ...fields].filter(name => !text.includes(`\`${name}\``)), [])
})

t.test('docs/API.md shows example/app.test.ts, which passes', async t => {
  const example = page('example/app.test.ts')
  t.ok(page('docs/API.md').includes(example.slice(example.indexOf('import assert'))))
  const output = execFileSync(process.execPath, ['--import', 'tsx', '--test', 'example/app.test.ts'], { cwd: new URL('..', import.meta.url), encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } })
  t.match(output, /^# pass 2$/m)
})
