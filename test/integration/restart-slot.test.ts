import { join } from 'node:path'
import t from 'tap'
import { attempt, load } from '../client.js'
import { perLane, request, start } from '../helper.js'
import { runtimeFolder } from '../runtime-folder.js'

perLane(t, 'one worker is replaced under load, and no request fails', async (t, lane) => {
  const { env, sockets } = runtimeFolder(t)
  const app = start(t, 'app.mjs', { options: { workers: 2, lane }, env })
  const url = await app.url()
  const restart = async (): Promise<number> => (await request('http://localhost/restart', { socketPath: join(sockets, `${app.pid}.sock`), method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"slot":1}' })).status
  let restarting: Promise<number> | undefined
  const outcomes = await load(400, 4, async () => await attempt(url), ended => {
    if (ended === 20) restarting = restart()
  })
  t.equal(await restarting, 202)
  t.same(outcomes.filter(({ answer }) => answer?.status !== 200), [])
  t.match(await app.event('worker-exit'), { workerId: 2, code: 0 })
  const { workers } = await app.stats(({ workers }) => workers.length === 2)
  t.same(workers.map(({ id, slot, generation, state }) => [id, slot, generation, state]).sort(), [[1, 0, 0, 'ready'], [3, 1, 0, 'ready']])
  t.same(await app.stop(), { code: 0, signal: null })
})
