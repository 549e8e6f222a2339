import t from 'tap'
import { attempt } from '../client.js'
import { hooked, perLane, request, start } from '../helper.js'

const STOPPED = { code: 0, signal: null }

perLane(t, 'exceptions that an app throws and survives end no worker, and fail no request', async (t, lane) => {
  const app = start(t, 'survives.mjs', { ...hooked, options: { workers: 1, lane } })
  const url = await app.url()
  const thrown = ['grpc', 'mongo', 'abort', 'null', 'cause', 'bigint', 'getter', 'circular', 'symbol']
  for (const what of thrown) {
    const { status, body } = await request(`${url}/throw/${what}`)
    t.match({ status, ...JSON.parse(body) }, { status: 200, worker: 1 }, what)
  }
  t.equal((await app.events('uncaught', thrown.length)).length, thrown.length)
  t.same(app.failures, [])
  t.same(await app.stop(), STOPPED)
})

t.test('a worker that exits because of an exception, however late, is reported with that error', async t => {
  const app = start(t, 'survives.mjs', { options: { workers: 1 } })
  const url = await app.url()
  await request(`${url}/throw/plain`)
  await attempt(`${url}/tidy`)
  t.match(await app.event('worker-exit'), { code: 3, err: { message: 'no way on', code: 9 } })
})

t.test('an exception that a worker has survived is not reported when it exits for another reason', async t => {
  const app = start(t, 'survives.mjs', { options: { workers: 1 } })
  const url = await app.url()
  await request(`${url}/throw/plain`)
  await app.event('uncaught')
  await attempt(`${url}/exit`)
  const exit = await app.event('worker-exit')
  t.match(exit, { workerId: 1, code: 4, signal: null })
  t.notOk('err' in exit)
})

t.test('an uncaught exception is the reported reason of the exit', async t => {
  const app = start(t, 'app.mjs', { options: { workers: 1 } })
  await attempt(`${await app.url()}/throw`)
  t.match(await app.event('worker-exit'), { code: 1, err: { message: 'thrown on request' } })
})
