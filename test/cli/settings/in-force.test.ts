import t from 'tap'
import { REFUSED, settings } from '../../../lib/cli/settings/settings.js'
import { show } from '../../../lib/cli/settings/show.js'
import { type Part, schema } from '../../../lib/options/schema.js'
import { readSettings } from '../read-settings.js'

t.test('the command line overrides the environment, which overrides a config file, which overrides the defaults', async t => {
  const file = { grace: 1, workers: 1, maxPending: 1, recycle: { rss: 1 } }
  const env = { FASTIFY_GRACE: '2', FASTIFY_WORKERS: '2', FASTIFY_RECYCLE_AGE: '2' }
  const inForce = readSettings({ args: ['-g', '3'], env, file, app: 'app.js' })
  t.strictSame(inForce.found('app'), { value: 'app.js', source: { kind: 'argument' } })
  t.strictSame(inForce.found('grace'), { value: 3, source: { kind: 'flag', name: '--grace' } })
  t.strictSame(inForce.found('workers'), { value: 2, source: { kind: 'variable', name: 'FASTIFY_WORKERS' } })
  t.strictSame(inForce.found('recycle.age'), { value: 2, source: { kind: 'variable', name: 'FASTIFY_RECYCLE_AGE' } })
  t.strictSame(inForce.found('recycle.rss'), { value: 1, source: { kind: 'file', name: '/the/file' } })
  t.strictSame(inForce.found('maxPending'), { value: 1, source: { kind: 'file', name: '/the/file' } })
  t.strictSame(inForce.found('policy'), { value: 'round-robin', source: { kind: 'default' } })
})

t.test('a switch is set by its flags, its variable or a config file', async t => {
  const prettyLogs = { FASTIFY_PRETTY_LOGS: 'true' }
  t.strictSame(readSettings({ args: ['--no-pretty-logs'], env: prettyLogs }).found('prettyLogs'), { value: false, source: { kind: 'flag', name: '--no-pretty-logs' } })
  t.strictSame(readSettings({ env: prettyLogs, file: { prettyLogs: false } }).found('prettyLogs'), { value: true, source: { kind: 'variable', name: 'FASTIFY_PRETTY_LOGS' } })
  t.strictSame(readSettings({ args: ['-P'], env: { FASTIFY_PRETTY_LOGS: 'false' } }).found('prettyLogs'), { value: true, source: { kind: 'flag', name: '--pretty-logs' } })
  t.strictSame(readSettings({ env: { FASTIFY_PRETTY_LOGS: '' }, file: { prettyLogs: false } }).found('prettyLogs'), { value: false, source: { kind: 'file', name: '/the/file' } })
  t.strictSame(readSettings({ env: { FASTIFY_OPTIONS: '' } }).found('options'), { value: false, source: { kind: 'default' } })
  t.throws(() => readSettings({ env: { FASTIFY_OPTIONS: 'yes' } }), { name: 'UsageError', message: "FASTIFY_OPTIONS must be true or false, got 'yes'" })
})

t.test('every option of the plugin is a setting of the command, or refused with a reason', async t => {
  const known = [...settings.map(({ name }) => name), ...Object.keys(REFUSED)]
  const missing = (part: Part, path: string[] = []): string[] => {
    if (known.includes(path.join('.'))) return []
    if (part.properties === undefined) return [path.join('.')]
    return Object.entries(part.properties).flatMap(([name, part]) => missing(part, [...path, name]))
  }
  t.strictSame(missing(schema), [])
})

t.test('the settings are shown as a table, with the source of each value', async t => {
  const lines = show(readSettings({ args: ['-g', '3'], env: { PORT: '80' }, file: { import: ['a'], policy () { return null } } }), false).split('\n')
  const row = (name: string): string[] | undefined => lines.find(line => line.startsWith(`${name} `))?.split(/ {2,}/)
  t.strictSame(row('SETTING'), ['SETTING', 'VALUE', 'FROM'])
  t.strictSame(row('grace'), ['grace', '3', '--grace'])
  t.strictSame(row('port'), ['port', '80', 'PORT'])
  t.strictSame(row('import'), ['import', "[ 'a' ]", '/the/file'])
  t.strictSame(row('policy'), ['policy', '[Function: policy]', '/the/file'])
  t.strictSame(row('socket'), ['socket', '-', 'default'])
  const ends = lines.filter(line => line !== '').map(line => line.lastIndexOf('  '))
  t.equal(new Set(ends).size, 1, 'the columns are aligned')
})

t.test('of the addresses to listen on, only the one in use is shown', async t => {
  const values = (given: Parameters<typeof readSettings>[0]): unknown[] => {
    const shown = JSON.parse(show(readSettings(given), true)) as Record<string, { value: unknown }>
    return ['fd', 'socket', 'port', 'address'].map(name => shown[name]?.value)
  }
  t.strictSame(values({ args: ['-s', '/s'], env: { PORT: '80' }, file: { address: '::1' } }), [null, '/s', null, null])
  t.strictSame(values({ args: ['-p', '1', '-a', '::1'], env: { FASTIFY_SOCKET: '/s' }, file: { fd: 3 } }), [null, null, 1, '::1'])
  t.strictSame(values({ args: ['-p', '1', '-a', '::1', '-s', '/s'] }), [null, '/s', 1, '::1'], 'two are an error with a reason')
})

t.test('the settings are shown as JSON', async t => {
  const shown = JSON.parse(show(readSettings({ args: ['-g', '3'], file: { saturation: { delay: 5 }, policy () { return null } } }), true)) as Record<string, unknown>
  t.strictSame(shown['grace'], { value: 3, source: 'flag', name: '--grace' })
  t.strictSame(shown['saturation.delay'], { value: 5, source: 'file', name: '/the/file' })
  t.strictSame(shown['policy'], { value: '[Function: policy]', source: 'file', name: '/the/file' })
  t.strictSame(shown['socket'], { value: null, source: 'default' })
})

t.test('secrets are not shown, wherever they come from', async t => {
  const token = 'a secret of some length'.replaceAll(' ', '-')
  for (const given of [{ args: ['--admin-token', token] }, { env: { FASTIFY_ADMIN_TOKEN: token } }, { file: { admin: { port: 9000, token } } }]) {
    for (const json of [true, false]) {
      const shown = show(readSettings(given), json)
      t.notMatch(shown, token)
      t.ok(shown.includes('***'))
    }
  }
})
