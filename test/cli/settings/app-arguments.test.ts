import t from 'tap'
import { readPluginOptions, splitArguments } from '../../../lib/cli/settings/app-arguments.js'

t.test("arguments after the first -- are the app's", async t => {
  t.strictSame(splitArguments(['app.js', '-p', '1', '--', '-p', '2', '--', 'x']), { own: ['app.js', '-p', '1'], app: ['-p', '2', '--', 'x'] })
  t.strictSame(splitArguments(['app.js']), { own: ['app.js'], app: [] })
})

t.test('--inspect does not take the app for an address', async t => {
  const own = (...args: string[]): string[] => splitArguments(args).own
  t.strictSame(own('--inspect', 'app.js', '-n', '1'), ['--inspect=true', 'app.js', '-n', '1'])
  t.strictSame(own('--inspect-brk', '--prefix', '/a'), ['--inspect-brk=true', '--prefix', '/a'])
  t.strictSame(own('app.js', '--inspect'), ['app.js', '--inspect'])
  for (const address of ['9230', '0.0.0.0:9230', '[::1]:9230']) t.strictSame(own('--inspect', address, 'app.js'), ['--inspect', address, 'app.js'])
})

const cases: Array<[string, Record<string, unknown>]> = [
  ['', {}],
  ['--log-sql', { logSql: true }],
  ['--greeting hello', { greeting: 'hello' }],
  ['--greeting=hello', { greeting: 'hello' }],
  ['--greeting=a=b', { greeting: 'a=b' }],
  ['--max-age 5', { maxAge: '5' }],
  ['--a --b c', { a: true, b: 'c' }],
  ['--tag a --tag b --tag c', { tag: ['a', 'b', 'c'] }],
  ['--a 1 --a', { a: true }],
  ['--a --a 1', { a: '1' }],
  ['--a=1 --a=2 --a', { a: ['1', '2'] }],
  ['-a word', { a: true }],
  ['word', {}]
]

for (const [given, options] of cases) {
  t.test(`plugin options: "${given}" is ${JSON.stringify(options)}`, async t => {
    t.strictSame(readPluginOptions(given.split(' ').filter(word => word !== '')), options)
  })
}
