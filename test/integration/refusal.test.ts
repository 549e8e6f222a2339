import t from 'tap'
import { attempt, keptAlive } from '../client.js'
import { type Answer, countServed, descriptors, inTurn, perLane, request, start, stays } from '../helper.js'

const pidOf = ({ body }: Answer): number => JSON.parse(body).pid

perLane(t, 'a refusal moves on: a connection that a worker at maxConnections refuses goes to another, and waits when all refuse', async (t, lane) => {
  const app = start(t, 'max-connections.mjs', { options: { workers: 2, lane, ...stays } })
  const url = await app.url()
  const before = descriptors(app.pid)
  const first = keptAlive()
  const full = pidOf(await request(url, { agent: first }))

  // Every second connection is the full worker's turn.
  for (let i = 0; i < 4; i++) t.not(pidOf(await request(url)), full)

  const second = keptAlive()
  t.not(pidOf(await request(url, { agent: second })), full)
  const waiting = Array.from({ length: 4 }, async () => await attempt(url))
  await app.stats(({ pending, workers }) => pending > 0 && workers.every(({ refused }) => refused > 1))
  first.destroy()
  for (const { answer } of await Promise.all(waiting)) t.equal(pidOf(answer as Answer), full)
  second.destroy()
  await app.stats(() => descriptors(app.pid) === before)
})

perLane(t, 'a refusal moves on: a worker whose server the app has closed gets nothing more, and serves its open connections', async (t, lane) => {
  const app = start(t, 'server-close.mjs', { options: { workers: 2, lane } })
  const url = await app.url()
  const before = descriptors(app.pid)
  const closed = pidOf(await request(`${url}/server-close`))
  // Sent at once. Some arrive before the primary knows: those are refused.
  const answers = await Promise.all(Array.from({ length: 20 }, async () => await request(url)))
  t.notOk(answers.map(pidOf).includes(closed))
  await app.stats(() => descriptors(app.pid) === before)
})

perLane(t, 'a worker whose app has closed one of two instances gets no more connections for it, and goes on with the other', async (t, lane) => {
  const app = start(t, 'two-apps.mjs', { options: { workers: 2, lane, ...inTurn } })
  const [first, second] = [(await app.event('first')).url as string, (await app.event('second')).url as string]
  await app.stats(({ workers }) => workers.every(({ unacked }) => unacked === 0))
  const before = descriptors(app.pid)
  const closed = pidOf(await request(`${second}/close`))
  await app.event('drain', ({ pid }) => pid === closed)
  const answers = await Promise.all(Array.from({ length: 20 }, async () => await request(second)))
  t.notOk(answers.map(pidOf).includes(closed))
  t.same([...(await countServed(first, 20)).values()], [10, 10])
  await app.stats(() => descriptors(app.pid) === before)
})

perLane(t, 'a refusal moves on: a connection whose descriptor does not arrive goes to another worker, and the worker recovers', async (t, lane) => {
  const app = start(t, 'descriptor-limit.mjs', { options: { workers: 2, lane, ...inTurn, ...stays }, descriptorLimit: 100 })
  const url = await app.url()
  const before = descriptors(app.pid)
  const agent = keptAlive()
  const { pid: exhausted, code } = JSON.parse((await request(`${url}/exhaust`, { agent })).body)
  t.equal(code, 'EMFILE')
  for (let i = 0; i < 10; i++) t.not(pidOf(await request(url)), exhausted)
  const { workers } = await app.stats()
  t.ok(workers.find(({ pid }) => pid === exhausted)?.refused, 'it was offered a connection')

  await request(`${url}/recover`, { agent })
  t.same([...(await countServed(url, 10)).values()], [5, 5])
  agent.destroy()
  await app.stats(() => descriptors(app.pid) === before)
})

perLane(t, 'a refusal moves on: refused by one worker while the other is stopped, it waits for the first one with room', async (t, lane) => {
  const app = start(t, 'max-connections.mjs', { options: { workers: 2, lane, ...stays } })
  const url = await app.url()
  const pids = await app.workers(2)
  const agent = keptAlive()
  const full = pidOf(await request(url, { agent }))
  const other = pids.find(pid => pid !== full) as number
  process.kill(other, 'SIGSTOP')
  const waiting = Array.from({ length: 3 }, async () => await attempt(url))
  await app.stats(({ pending, workers }) => pending > 0 && (workers.find(({ pid }) => pid === full)?.refused ?? 0) > 3)
  process.kill(other, 'SIGCONT')
  for (const { answer } of await Promise.all(waiting)) t.equal(pidOf(answer as Answer), other)
  agent.destroy()
})

perLane(t, 'a refusal moves on: a worker whose ack says that it is leaving gets nothing more, before its message', async (t, lane) => {
  const app = start(t, 'says-nothing.mjs', { options: { workers: 2, lane, ...inTurn } })
  const url = await app.url()
  const [leaving] = await app.workers(2) as [number]
  process.kill(leaving, 'SIGTERM')
  await app.event('sigterm', ({ pid }) => pid === leaving)
  const served: number[] = []
  for (let i = 0; i < 10; i++) served.push(pidOf(await request(url)))
  t.ok(served.filter(pid => pid === leaving).length <= 1, 'one, to tell it')
  t.equal((await app.stats()).workers.find(({ pid }) => pid === leaving)?.handedOff, served.filter(pid => pid === leaving).length)
})
