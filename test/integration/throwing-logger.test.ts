import t from 'tap'
import { perLane, request, start } from '../helper.js'

perLane(t, 'a logger that throws changes nothing: workers close, reload and stop, and the primary survives', async (t, lane) => {
  const app = start(t, 'throwing-logger.mjs', { options: { workers: 2, lane } })
  const url = await app.url()
  await app.events('one-ready', 2)
  await request(`${url}/close`)
  await app.event('resolved')
  t.match(await app.event('one-gone'), { code: 0, asked: true })
  await app.events('one-ready', 3)
  process.kill(app.pid, 'SIGHUP')
  await app.events('one-ready', 5)
  await app.events('one-gone', 3)
  t.equal((await request(url)).status, 200)
  t.same(await app.stop(), { code: 0, signal: null })
  t.ok(app.lines.filter(({ event }) => event === 'one-gone').every(({ code, asked }) => code === 0 && asked))
  for (const of of ['drain', 'worker-ready', 'stop', 'reload-end', 'pre-close', 'listener-error']) t.ok(app.lines.some(line => line.event === 'thrown' && line.of === of), of)
  t.match(app.text, /SharedFastifyWarning: The app's logger failed/)
})
