import t from 'tap'
import { readPluginOptions, splitArguments } from '../../lib/cli/app-arguments.js'

t.test('what comes after the first -- is the app\'s', async t => {
  t.strictSame(splitArguments(['app.js', '-p', '1', '--', '-p', '2', '--', 'x']), { own: ['app.js', '-p', '1'], app: ['-p', '2', '--', 'x'] })
  t.strictSame(splitArguments(['app.js']), { own: ['app.js'], app: [] })
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
