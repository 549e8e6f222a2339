import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { appPath, command, request } from '../helper.js'
import { metricOf, readExposition, readQuery, unknown } from '../prometheus.js'
import { runtimeFolder } from '../runtime-folder.js'
import { ServiceManager } from '../service-manager.js'

// Tests that example/deploy works as it says, and that everything it refers to exists.

const FOLDER = fileURLToPath(new URL('../../example/deploy/', import.meta.url))
const DEPLOYING = readFileSync(new URL('../../docs/DEPLOYING.md', import.meta.url), 'utf8')
const MONITORING = readFileSync(new URL('../../docs/MONITORING.md', import.meta.url), 'utf8')
const STOPPED = { code: 0, signal: null }

interface Panel { id: number, type: string, title: string, gridPos: { x: number, y: number, w: number, h: number }, targets?: Array<{ expr: string, legendFormat?: string }> }

interface Dashboard {
  panels: Panel[]
  annotations: { list: Array<{ expr?: string, titleFormat?: string }> }
  templating: { list: Array<{ name: string, definition?: string }> }
}

function read (name: string): string {
  return readFileSync(join(FOLDER, name), 'utf8')
}

/** The lines of a file without comments. Continued lines are joined. */
function lines (text: string): string[] {
  return text.replace(/^#.*\n/gm, '').replace(/\\\n\s*/g, '').split('\n').filter(line => line !== '')
}

/** The array in an instruction of the Dockerfile. */
function listOf (instruction: string): string[] {
  const line = lines(read('Dockerfile')).find(line => line.startsWith(`${instruction} `)) as string
  return JSON.parse(line.slice(line.indexOf('['))) as string[]
}

/** A setting of the unit. */
function setting (name: string, text = read('app.service')): string {
  return (lines(text).find(line => line.startsWith(`${name}=`)) as string).slice(name.length + 1)
}

/** A setting of the unit that is commented out, for systemd before 253. */
function earlier (name: string): string {
  return setting(name, read('app.service').replace(/^[^#].*\n/gm, '').replace(/^#(?=\w+=)/gm, ''))
}

/** The exit code of the image's health check. */
function check (admin: string): number | null {
  const [program, flag, script] = listOf('HEALTHCHECK') as [string, string, string]
  return spawnSync(program, [flag, script.replace('http://127.0.0.1:9000', admin)]).status
}

t.test('the unit starts, reloads and stops an app within its timeouts, and systemd is told', async t => {
  const { env: { TMPDIR: folder } } = runtimeFolder(t)
  const manager = await new ServiceManager(t, join(folder, 'notify')).open()
  const argumentsOf = (line: string): string[] => line
    .replaceAll('/srv/app/current/app.js', appPath('plugin.mjs')).replaceAll('/run/app/', `${folder}/`).replace('127.0.0.1:9000', '127.0.0.1:0')
    .split(' ').slice(1)
  const args = argumentsOf(setting('ExecStart'))
  const app = command(t, args, { env: { NOTIFY_SOCKET: manager.name, WATCHDOG_USEC: `${setting('WatchdogSec')}000000` } })
  await manager.message('READY')
  await manager.message('WATCHDOG')
  t.match(await request('http://localhost/', { socketPath: join(folder, 'http.sock') }), { status: 200 })
  t.equal(setting('Type'), 'notify-reload')
  process.kill(app.pid, 'SIGHUP')
  await app.event('reload-end')
  await manager.message('READY', '1', manager.told.indexOf(await manager.message('RELOADING')))
  t.equal(earlier('Type'), 'notify')
  const reload = command(t, argumentsOf(earlier('ExecReload')))
  t.same(await reload.ended, STOPPED)
  t.match(reload.text, 'reload complete')
  const [closeDelay, grace] = ['--close-delay', '--grace'].map(flag => Number(args[args.indexOf(flag) + 1])) as [number, number]
  t.equal(Number(setting('TimeoutStopSec')), (closeDelay + grace) / 1_000 + 2)
  t.same(await app.stop('SIGINT'), STOPPED)
  await manager.message('STOPPING')
  t.same(manager.states, ['READY', 'RELOADING', 'READY', 'RELOADING', 'READY', 'STOPPING'])
  t.same([...new Set(manager.told.map(({ pid }) => pid))], [app.pid], 'NotifyAccess=main')
})

t.test('the excerpts in docs/DEPLOYING.md are in the unit and the Dockerfile', async t => {
  for (const [name, pattern] of [['app.service', /```ini\n(# \/etc\/systemd\/system\/app\.service\n.*?)```/s], ['Dockerfile', /```dockerfile\n(.*?)```/s]] as const) {
    const [, shown = ''] = pattern.exec(DEPLOYING) ?? []
    const all = lines(read(name))
    t.ok(lines(shown).length > 10)
    t.same(lines(shown).filter(line => !all.includes(line)), [], name)
  }
})

t.test('the image serves its app, with health checks and metrics at the addresses that it uses', async t => {
  const [program, file, ...flags] = listOf('ENTRYPOINT')
  t.same([program, file], ['shared-fastify', 'dist/app.js'])
  // From its source, on free ports of this machine only.
  const app = command(t, ['src/app.ts', ...flags, '--workers', '2', '--port', '0', '--address', '127.0.0.1', '--admin', '127.0.0.1:0', '--no-control'], { cwd: FOLDER })
  t.match(await request(await app.url()), { status: 200, body: '"hello":"world"' })
  const admin = String((await app.event('admin')).address)
  t.equal(check(admin), 0)
  const exposed = readExposition((await request(`${admin}/metrics`)).body)
  const ours = [...exposed].filter(([sample]) => sample.startsWith('shared_fastify_'))
  const names = new Set(ours.map(([sample, is]) => metricOf(sample, is)))

  t.test('docs/MONITORING.md lists all metrics', async t => {
    const rows = MONITORING.matchAll(/^\| `(shared_fastify_\w+)` \| (\w+) \|([^|]*)\|/gm)
    const listed = [...rows].map(([, name, type, labels]) => [name, type, [...(labels as string).matchAll(/`(\w+)`/g)].map(([, label]) => label)])
    const measured = [...names].map(name => {
      const parts = ours.filter(([sample, is]) => metricOf(sample, is) === name)
      return [name, parts[0]?.[1].type, [...new Set(parts.flatMap(([, { labels }]) => [...labels.keys()]))].filter(label => label !== 'le')]
    })
    t.same(listed, measured)
  })

  t.test('the dashboard queries existing metrics only', async t => {
    const { panels, annotations, templating } = JSON.parse(read('grafana-dashboard.json')) as Dashboard
    const queries = [
      ...panels.flatMap(({ targets = [] }) => targets.map(({ expr, legendFormat }) => ({ expr, legend: legendFormat }))),
      ...annotations.list.flatMap(({ expr, titleFormat }) => expr === undefined ? [] : [{ expr, legend: titleFormat }]),
      ...templating.list.flatMap(({ definition }) => definition === undefined ? [] : [{ expr: definition, legend: undefined }])
    ]
    for (const { expr, legend = '' } of queries) {
      const labels = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label as string)
      t.same(unknown(expr, labels, exposed), [], expr)
      const grouped = readQuery(expr).labels
      if (/^(sum|avg|min|max|histogram_quantile)\b/.test(expr)) t.same(labels.filter(label => !grouped.includes(label)), [], `${legend}: ${expr}`)
    }
    const asked = new Set(queries.flatMap(({ expr }) => readQuery(expr).samples))
    t.same(ours.filter(([sample, { type }]) => type !== 'histogram' && !asked.has(sample)).map(([sample]) => sample), [], 'it has all of our metrics')
    t.equal(new Set(panels.map(({ id }) => id)).size, panels.length)
    for (const { title, gridPos: { x, y, w, h } } of panels) {
      const over = panels.filter(({ gridPos }) => gridPos.x < x + w && x < gridPos.x + gridPos.w && gridPos.y < y + h && y < gridPos.y + gridPos.h)
      t.same([over.length, x + w <= 24], [1, true], `${title} has its place`)
    }
  })

  t.test('the rules query existing metrics only', async t => {
    const [, ...rules] = read('rules.yml').replace(/^ *#.*\n/gm, '').split('- alert: ') as [string, ...string[]]
    t.ok(rules.length > 0)
    for (const rule of rules) {
      const labels = [...rule.matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label as string)
      t.same(unknown(rule, labels, exposed), [], rule.slice(0, rule.indexOf('\n')))
    }
  })

  t.same(await app.stop(), STOPPED)
  t.equal(check(admin), 1)
})

t.test('each rule fires for its condition', { skip: spawnSync('promtool', ['--version']).error !== undefined && 'there is no promtool here' }, async t => {
  for (const args of [['check', 'config', 'prometheus.yml'], ['test', 'rules', 'rules.test.yml']]) {
    const { status, stdout, stderr } = spawnSync('promtool', args, { cwd: FOLDER, encoding: 'utf8' })
    t.equal(status, 0, `${stdout}${stderr}`)
  }
})
