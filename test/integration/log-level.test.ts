import t from 'tap'
import { type App, type Line, request, start } from '../helper.js'

/** Makes the primary change the level to the next one; resolves with the result. */
async function change (app: App): Promise<Line> {
  const told = app.lines.filter(({ event }) => event === 'told').length
  process.kill(app.pid, 'SIGUSR2')
  return (await app.events('told', told + 1)).at(-1) as Line
}

/** The lines of each logger and level in a worker that is asked; the lines for /own come last. */
async function said (app: App, url: string, path: string): Promise<string[]> {
  const before = app.lines.length
  if (path !== '/own') await request(url + path)
  await request(`${url}/own`)
  await app.line(line => app.lines.indexOf(line) >= before && line.whose === 'route' && line.at === 'warn')
  const lines = app.lines.slice(before).filter(({ event }) => event === 'said')
  for (const { workerId, generation } of lines) t.same([typeof workerId, typeof generation], ['number', 'number'])
  return lines.filter(({ whose }) => path === '/own' || whose !== 'route').map(({ whose, at }) => `${whose as string} ${at as string}`)
}

const all = (levels: string[], whose: string[]): string[] => whose.flatMap(name => levels.map(level => `${name} ${level}`))

for (const [name, env, whose] of [
  ['a logger made by Fastify', {}, ['context', 'request', 'child']],
  ['a logger of the app', { INSTANCE: 'true' }, ['context', 'request', 'child', 'instance']]
] as const) {
  t.test(`the level changes in all processes, for all loggers derived from the app's, and in workers that start later (${name})`, async t => {
    const app = start(t, 'log-level.mjs', { options: { workers: 1 }, env: { LEVELS: 'debug warn', ...env } })
    const url = await app.url()
    t.same(await said(app, url, '/levels'), all(['info', 'warn'], [...whose]))
    t.match(await change(app), { level: 'debug' })
    await app.event('log-level', ({ logLevel }) => logLevel === 'debug')
    t.same(await said(app, url, '/levels'), all(['debug', 'info', 'warn'], [...whose]))

    process.kill(app.pid, 'SIGHUP')
    await app.event('reload-end')
    t.ok(app.lines.some(({ event, level }) => event === 'worker-start' && level === 20), 'the primary logs at debug too')
    t.same(await said(app, url, '/levels'), all(['debug', 'info', 'warn'], [...whose]))

    await change(app)
    t.same(await said(app, url, '/levels'), all(['warn'], [...whose]))
    await app.stop()
    t.notOk(app.lines.some(({ event }) => event === 'stopped'))
  })
}

t.test("a route's own level is kept", async t => {
  const app = start(t, 'log-level.mjs', { options: { workers: 1 }, env: { LEVELS: 'trace' } })
  const url = await app.url()
  await change(app)
  t.same((await said(app, url, '/own')).filter(line => line.startsWith('route')), ['route warn'])
})

t.test("an unknown level is an error that lists the existing ones, including the app's own", async t => {
  const app = start(t, 'log-level.mjs', { options: { workers: 1 }, env: { LEVELS: 'loud audit', LOGGER: JSON.stringify({ customLevels: { audit: 35 } }) } })
  const url = await app.url()
  t.match(await change(app), { code: 'SHARED_PORT_ERR_LOG_LEVEL', message: 'The log level must be one of trace, debug, info, warn, error, fatal, audit, silent; got \'loud\'' })
  t.same(await said(app, url, '/levels'), all(['info', 'warn'], ['context', 'request', 'child']))
  t.match(await change(app), { level: 'audit' })
  t.same(await said(app, url, '/levels'), all(['warn'], ['context', 'request', 'child']))
})
