import t from 'tap'
import { attempt, Exchange, keptAlive, load, streamed } from '../client.js'
import { type Answer, descriptors, perLane, request, start, stays } from '../helper.js'

const pidOf = ({ body }: Answer): number => JSON.parse(body).pid

interface Way {
  name: string
  fixture: string
  /** Makes the worker leave; `url` and `agent` lead to it. */
  leave (pid: number, send: (path: string) => Promise<Answer>): Promise<unknown>
}

const ways: Way[] = [
  { name: 'is sent SIGTERM', fixture: 'app.mjs', async leave (pid) { process.kill(pid, 'SIGTERM') } },
  { name: 'closes its Fastify instance', fixture: 'app.mjs', async leave (pid, send) { await send('/close') } },
  { name: 'disconnects from its primary', fixture: 'disconnects.mjs', async leave (pid, send) { await send('/disconnect') } }
]

for (const { name, fixture, leave } of ways) {
  perLane(t, `a worker that ${name} finishes its connections, exits with 0 and is replaced, and no request fails`, async (t, lane) => {
    const app = start(t, fixture, { options: { workers: 2, lane, ...stays } })
    const url = await app.url()
    await app.workers(2)
    const before = descriptors(app.pid)
    const agent = keptAlive()
    const pid = pidOf(await request(url, { agent }))
    await request(url) // the other worker's turn
    const open = new Exchange(`${url}/pipe`, streamed)
    await open.send('before, ')
    await open.received('before, ')

    let left: Promise<unknown> | undefined
    const outcomes = await load(200, 8, async () => await attempt(url), ended => {
      if (ended !== 50) return
      left = leave(pid, async path => await request(`${url}${path}`, { agent })).then(async () => {
        await request(url) // while it leaves
        await open.end('after')
      })
    })
    await left
    t.same(outcomes.filter(({ answer }) => answer?.status !== 200), [])
    t.equal((await open.outcome).answer?.body, 'before, after')

    const exit = await app.event('worker-exit')
    t.match(exit, { workerPid: pid, code: 0, signal: null })
    await app.workers(3)
    await app.stats(({ held }) => descriptors(app.pid) - held === before) // the clients keep their connections
  })
}

t.test('a worker ignores SIGINT and SIGQUIT of the terminal: the primary handles them', async t => {
  const app = start(t, 'app.mjs', { options: { workers: 1 } })
  const url = await app.url()
  const [pid] = await app.workers(1) as [number]
  process.kill(pid, 'SIGINT')
  process.kill(pid, 'SIGQUIT')
  t.equal(pidOf(await request(url)), pid)
  t.same(await app.stop(), { code: 0, signal: null })
  t.match(app.lines.find(({ event }) => event === 'worker-exit'), { workerPid: pid, code: 0, signal: null })
})
