import t from 'tap'
import { type App, appPath, command, hooked, request } from '../helper.js'

/** The lines that the app's workers wrote, as they arrived. */
function linesOfWorkers (app: App): string[] {
  return app.raw.filter((line, place) => app.lines[place]?.pid !== app.pid)
}

t.test('every line of a worker has its id and its generation, once, from the first line on', async t => {
  const app = command(t, [appPath('instance.mjs'), '-n', '2', '-p', '0'])
  await request(await app.url())
  await app.stop()
  const lines = linesOfWorkers(app)
  t.equal(lines.filter(line => line.includes('"first line of the app"')).length, 2)
  t.equal(lines.filter(line => line.includes('"request completed"')).length, 1)
  for (const line of lines) {
    t.equal(line.match(/"workerId":[12][,}]/g)?.length, 1, line)
    t.equal(line.match(/"generation":0[,}]/g)?.length, 1, line)
  }
})

t.test("with --options the app's logger options override the command's; skipOverride makes it the root", async t => {
  const app = command(t, [appPath('logger-options.mjs'), '-n', '1', '-p', '0', '-o', '-l', 'warn'], hooked)
  const line = await app.line(({ msg }) => msg === 'in the app')
  t.strictSame({ ...line, time: 0 }, { level: 40, time: 0, app: 'own', workerId: 1, generation: 0, secret: '[Redacted]', msg: 'in the app' })
  await app.line(({ msg }) => msg === 'the root has it')
  await app.stop()
  t.notOk(app.lines.some(({ level }) => level < 40), 'no line below the level')
})

t.test('with --options the app may have its own logger', async t => {
  const app = command(t, [appPath('logger-instance.mjs'), '-n', '1', '-p', '0', '-o'])
  t.match(await app.line(({ msg }) => msg === 'in the app'), { app: 'own', workerId: 1 })
  t.equal((await request(await app.url())).status, 200)
})

t.test('pretty logs are text, and name the worker of each line', async t => {
  const app = command(t, [appPath('plugin.mjs'), '-n', '1', '-p', '0'], { ...hooked, env: { FASTIFY_PRETTY_LOGS: 'true' } })
  await app.printed(/ INFO: worker 1 is ready\n/)
  await app.printed(/ INFO: listening on (\S+):\d+\n {4}URL: http:\/\/\S+\n {4}Workers: 1\n {4}Stop: kill \d+\n/)
  t.strictSame(await app.stop(), { code: 0, signal: null })
  t.match(app.text, / INFO: stopped\n$/)
  t.strictSame(app.lines, [])
})

t.test('text of an app or a client never begins a line of pretty logs, nor controls the terminal', async t => {
  const app = command(t, [appPath('hostile.mjs'), '-n', '1', '-p', '0', '--pretty-logs'])
  await app.printed(/ INFO: listening on /)
  const [, url] = / INFO: listening on (\S+)\n/.exec(app.text) as unknown as [string, string]
  const path = encodeURIComponent('blocks\n[12:00:00.000] INFO: forged \u001b[2J')
  await request(`http://${url.replace('0.0.0.0', '127.0.0.1')}/${path}`)
  await app.printed(/worker 1: event loop blocked for \d+ ms(, possibly)? in GET \/blocks/)
  await app.stop()
  t.notMatch(app.text, /^\[12:00:00\.000\]/m)
  t.notOk(app.text.includes('\u001b'))
})
