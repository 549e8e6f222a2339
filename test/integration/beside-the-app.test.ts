import t from 'tap'
import { attempt, Exchange, keptAlive, streamed } from '../client.js'
import { RawClient } from '../clients.js'
import { hooked, perLane, request, start, whoServes } from '../helper.js'

t.test('an instance that only uses inject() does not fix the options for others', async t => {
  const app = start(t, 'inject-first.mjs', { ...hooked, options: { workers: 1 } })
  t.equal((await app.event('injected', ({ pid }) => pid === app.pid)).body, 'injected')
  t.same(await app.stop(), { code: 0, signal: null })
})

t.test("the app's own cluster settings do not affect the workers, and are preserved", async t => {
  const app = start(t, 'own-cluster-settings.mjs', { options: { workers: 2 } })
  await whoServes(await app.url())
  t.match((await app.event('settings')).settings, { exec: 'no-such-file.mjs', args: ['--no'], silent: true })
})

t.test('without a script file for the workers there is one clear error', async t => {
  const script = `const f = require('fastify')(); f.register(require('shared-fastify'), { workers: 1 });
    f.listen({ port: 0 }).catch(err => { console.log(JSON.stringify({ code: err.code })) })`
  const app = start(t, '', { script })
  t.same(await app.ended, { code: 0, signal: null })
  t.match(app.lines, [{ code: 'SHARED_PORT_ERR_NO_SCRIPT' }])
})

perLane(t, 'a primary that hangs does not prevent a worker from closing its connections', async (t, lane) => {
  const app = start(t, 'app.mjs', { options: { workers: 1, lane, returnOnDrain: false } })
  const url = await app.url()
  const agent = keptAlive()
  const open = new Exchange(`${url}/pipe`, streamed)
  await open.send('before, ')
  await open.received('before, ')
  await request(url, { agent })
  const idle = await RawClient.connect(t, url)
  idle.get('/')
  t.equal((await idle.answer()).status, 200)
  await app.stats(({ workers }) => workers.every(({ unacked }) => unacked === 0)) // until then the primary has it open too
  process.kill(app.pid, 'SIGSTOP')
  t.equal((await attempt(`${url}/close`, { agent })).answer?.status, 200)
  t.equal(await idle.closed, 'end', 'only a draining worker does this')
  process.kill(app.pid, 'SIGCONT')
  await open.end('after')
  t.equal((await open.outcome).answer?.body, 'before, after')
  await app.workers(2)
})
