import net from 'node:net'
import t from 'tap'
import { attempt, echo, Exchange, keptAlive, type Outcome, streamed } from '../client.js'
import { hang } from '../hang.js'
import { descriptors, inTurn, perLane, request, start, stays } from '../helper.js'

// More than one read from a socket returns, less than the kernel buffers for it.
const text = (number: number): string => `${number} `.repeat(10_000)

/** 20 requests on new connections, once the kernel has all of them. */
async function post20 (url: string): Promise<Exchange[]> {
  const { headers, method } = echo('')
  return await Promise.all(Array.from({ length: 20 }, async (_, number) => {
    const post = new Exchange(`${url}/echo`, { method, headers: { ...headers, 'content-length': text(number).length } })
    await post.end(text(number))
    return post
  }))
}

async function allIntact (posts: Exchange[]): Promise<boolean> {
  const outcomes = await Promise.all(posts.map(async ({ outcome }) => await outcome))
  return outcomes.every(({ answer }, number) => answer?.body === text(number))
}

perLane(t, "death returns the handoffs: connections that a hung worker had not taken are answered by the others, with the client's bytes intact", async (t, lane) => {
  // In turn: connections that are taken back from the worker need not be returned at its death.
  const app = start(t, 'app.mjs', { options: { workers: 2, lane, ...inTurn, ...stays } })
  const url = await app.url()
  await app.workers(2)
  await app.stats(({ workers }) => workers.every(({ open }) => open === 0))
  const before = descriptors(app.pid)

  const hung = keptAlive()
  const { pid } = JSON.parse((await request(url, { agent: hung })).body)
  const other = await request(url)
  t.not(JSON.parse(other.body).pid, pid, "it is the hung worker's turn again")
  const taken = new Exchange(`${url}/pipe`, streamed)
  await taken.send('taken')
  await taken.received('taken')
  const cut = attempt(`${url}/hang`, { agent: hung })
  await app.event('hangs')

  const posts = await post20(url)
  // The other workers are not delayed: only the connections that the hung worker was sent are waiting.
  await app.stats(({ workers, pending }) => pending === 0 && workers.every(worker => worker.unacked === 0 || worker.pid === pid))
  process.kill(pid, 'SIGKILL')

  t.ok(await allIntact(posts))
  t.equal((await cut).error?.code, 'ECONNRESET', 'the requests that it served are cut off')
  t.equal((await taken.outcome).error?.code, 'ECONNRESET', 'the connections that it had taken are cut off')
  await app.events('worker-ready', 3)
  await app.stats(() => descriptors(app.pid) === before)
})

perLane(t, 'death returns the handoffs: when all workers hang and are killed, all waiting connections are answered by their replacements', async (t, lane) => {
  const app = start(t, 'app.mjs', { options: { workers: 2, lane } })
  const url = await app.url()
  const pids = await app.workers(2)
  const before = descriptors(app.pid)
  const cut = await hang(app, url, pids.length)

  const posts = await post20(url)
  await app.stats(({ workers, pending }) => pending + workers.reduce((sum, { unacked }) => sum + unacked, 0) === 20)
  for (const pid of pids) process.kill(pid, 'SIGKILL')

  t.ok(await allIntact(posts))
  for (const outcome of cut) t.equal((await outcome).error?.code, 'ECONNRESET', 'the requests that they served are cut off')
  await app.events('worker-ready', 4)
  await app.stats(() => descriptors(app.pid) === before)
})

perLane(t, 'a stalled worker delays nobody else: the others serve all new connections', async (t, lane) => {
  const app = start(t, 'app.mjs', { options: { workers: 3, lane } })
  const url = await app.url()
  const [stalled] = await app.workers(3) as [number]
  process.kill(stalled, 'SIGSTOP')
  // It may have been sent one connection before anybody could know: the native lane takes that back, in the
  // ipc lane it waits.
  const [first, ...others] = [attempt(url), ...Array.from({ length: 30 }, async () => await attempt(url))]
  const answers = lane === 'native' ? await Promise.all([first, ...others]) : await allButOne([first, ...others])
  for (const { answer } of answers) t.not(JSON.parse(answer?.body as string).pid, stalled)
  process.kill(stalled, 'SIGCONT')
  for (const { answer } of await Promise.all([first, ...others])) t.equal(answer?.status, 200)
})

perLane(t, 'the primary does not parse clients: a connection has its worker before a byte has arrived', async (t, lane) => {
  const app = start(t, 'app.mjs', { options: { workers: 2, lane } })
  const { hostname, port } = new URL(await app.url())
  const silent = Array.from({ length: 4 }, () => net.connect(Number(port), hostname))
  t.teardown(() => { for (const socket of silent) socket.destroy() })
  const { workers, pending } = await app.stats(({ workers }) => workers.reduce((sum, { open }) => sum + open, 0) === 4 && workers.every(({ unacked }) => unacked === 0))
  t.equal(pending, 0)
  t.equal(workers.reduce((sum, { accepted }) => sum + accepted, 0), 4)
})

/** The outcomes of all requests but the last one. */
async function allButOne (requests: Array<Promise<Outcome>>): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  await new Promise<void>(resolve => {
    for (const request of requests) {
      request.then(outcome => {
        outcomes.push(outcome)
        if (outcomes.length === requests.length - 1) resolve()
      })
    }
  })
  return outcomes.slice()
}
