import t from 'tap'
import { attempt, load, type Outcome } from '../client.js'
import { type App, descriptors, perLane, request, start } from '../helper.js'

/** The outcome of each connection, by its client address, which no other connection has. */
type Outcomes = Map<string, Outcome>

let connections = 0

/** `count` requests, each from a different address. */
async function flood (url: string, count: number, progress: (ended: number) => void): Promise<Outcomes> {
  const outcomes: Outcomes = new Map()
  await load(count, 16, async () => {
    const number = ++connections
    const localAddress = `127.1.${number >> 8}.${number & 255}`
    const outcome = await attempt(url, { localAddress })
    outcomes.set(localAddress, outcome)
    return outcome
  }, progress)
  return outcomes
}

/** The failed requests whose connection none of these processes had taken. */
function lostUntaken (app: App, pids: number[], outcomes: Outcomes): Array<[string, Outcome]> {
  const taken = new Set(app.lines.filter(({ event, pid }) => event === 'taken' && pids.includes(pid)).map(({ address }) => address))
  return [...outcomes].filter(([address, { answer }]) => answer?.status !== 200 && !taken.has(address))
}

/** The addresses of connections that two workers took. */
function takenTwice (app: App): unknown[] {
  const addresses = app.lines.filter(({ event, address }) => event === 'taken' && String(address).startsWith('127.1.')).map(({ address }) => address)
  return addresses.filter((address, place) => addresses.indexOf(address) !== place)
}

perLane(t, 'at most once, lost only with the worker that took it: SIGKILL under load', async (t, lane) => {
  // A connection that is returned is rightly taken once more.
  const app = start(t, 'ledger.mjs', { options: { workers: 2, lane, returnAfter: 0, rescueAfter: 0 } })
  const url = await app.url()
  await app.workers(2)
  await request(url)
  await app.stats(({ workers }) => workers.every(({ unacked }) => unacked === 0))
  const before = descriptors(app.pid)

  await t.test('the death of one worker fails only the requests that it had taken, and none is taken twice', async t => {
    const [victim] = await app.workers(2) as [number]
    const outcomes = await flood(url, 400, ended => {
      if (ended === 100) process.kill(victim, 'SIGKILL')
    })
    // A killed worker may have taken one connection that it has not recorded yet.
    t.ok(lostUntaken(app, [victim], outcomes).length <= 1)
    t.same(takenTwice(app), [])
    await app.events('worker-ready', 3)
    await app.stats(() => descriptors(app.pid) === before)
  })

  await t.test('the death of all workers fails no others either: new requests wait for the replacements', async t => {
    const victims = (await app.workers(3)).slice(1)
    let late: Array<Promise<Outcome>> = []
    const outcomes = await flood(url, 400, ended => {
      if (ended !== 100) return
      for (const pid of victims) process.kill(pid, 'SIGKILL')
      late = Array.from({ length: 20 }, async () => await attempt(url))
    })
    t.ok(lostUntaken(app, victims, outcomes).length <= victims.length)
    t.same(takenTwice(app), [])
    const replacements = (await app.workers(5)).slice(3)
    for (const { answer } of await Promise.all(late)) t.ok(replacements.includes(JSON.parse(answer?.body ?? '{}').pid))
    await app.stats(() => descriptors(app.pid) === before)
  })

  await t.test('a request that crashes its worker loses no connection that was not taken', async t => {
    const living = (await app.workers(5)).slice(3)
    const crash: Array<Promise<Outcome>> = []
    const outcomes = await flood(url, 200, ended => {
      if (ended === 50) crash.push(attempt(`${url}/throw`))
    })
    t.equal((await crash[0])?.error?.code, 'ECONNRESET')
    t.same(lostUntaken(app, living, outcomes), [])
    t.same(takenTwice(app), [])
    const exit = await app.event('worker-exit', ({ code }) => code === 1)
    t.match(exit.err, { message: 'thrown on request' })
    await app.events('worker-ready', 6)
    await app.stats(() => descriptors(app.pid) === before)
  })
})
