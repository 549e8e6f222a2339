import { readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { attempt, load, type Outcome } from '../client.js'
import { RawClient } from '../clients.js'
import { shortFolder } from '../fakes.js'
import { type App, descriptors, hooked, inTurn, request, start, type StartOptions } from '../helper.js'
import { addonWithSteps } from './addon-with-steps.js'

// Misbehaviour of workers, clients and the kernel towards the native lane.

function serve (t: Test, { options, ...more }: StartOptions = {}): App {
  return start(t, 'native/rough.mjs', { options: { workers: 2, lane: 'native', ...options }, ...more })
}

async function act (url: string, name: string): Promise<{ pid: number, result: unknown }> {
  return JSON.parse((await request(`${url}/act/${name}`)).body)
}

/** Requests that the primary accepts all at once. */
async function together (app: App, count: number, send: (onConnected: () => void) => Promise<Outcome>): Promise<Outcome[]> {
  process.kill(app.pid, 'SIGSTOP')
  const outcomes: Array<Promise<Outcome>> = []
  await Promise.all(Array.from({ length: count }, async () => {
    await new Promise<void>(resolve => { outcomes.push(send(resolve)) })
  }))
  process.kill(app.pid, 'SIGCONT')
  return await Promise.all(outcomes)
}

const unanswered = (outcomes: Outcome[]): Outcome[] => outcomes.filter(({ answer }) => answer?.status !== 200)

t.test('a connection whose listener throws kills one worker, and is the only one of its frame that is lost', async t => {
  const app = serve(t, { ...hooked, options: { workers: 1 } })
  const url = await app.url()
  const { pid } = await act(url, 'throw-at-5th')
  const outcomes = await together(app, 10, async onConnected => await attempt(url, { onConnected }))
  t.match(unanswered(outcomes), [{ error: { code: 'ECONNRESET' } }])
  t.equal(unanswered(outcomes).length, 1)
  t.match(await app.event('worker-exit'), { workerPid: pid, err: { message: 'thrown by a listener' } })
})

t.test('a connection that was taken back and is destroyed by its new owner ends for the client, even if the first worker is stopped', async t => {
  const app = serve(t)
  const url = await app.url()
  const [stopped] = await app.workers(2) as [number]
  process.kill(stopped, 'SIGSTOP')
  for (let i = 0; i < 4; i++) {
    const client = await RawClient.connect(t, url)
    client.get('/destroy')
    t.match(await client.closed, /end|ECONNRESET/)
  }
  const { workers } = await app.stats()
  t.ok(workers.find(({ pid }) => pid === stopped)?.takenBack, 'the stopped one had it first')
})

t.test('a process that a worker has started, and that holds its lane open, delays neither its replacement nor its clients', async t => {
  const app = serve(t, { options: inTurn })
  const url = await app.url()
  const { pid, result: grandchild } = await act(url, 'grandchild')
  t.teardown(() => { process.kill(grandchild as number, 'SIGKILL') })
  process.kill(pid, 'SIGSTOP')
  const clients = await Promise.all([1, 2].map(async () => await RawClient.connect(t, url)))
  for (const client of clients) client.get('/destroy')
  await app.stats(({ workers }) => workers.some(worker => worker.pid === pid && worker.unacked === 1))
  process.kill(pid, 'SIGKILL')
  for (const { closed } of clients) t.match(await closed, /end|ECONNRESET/)
  await app.workers(3)
})

t.test('a worker that sends something other than an ack is killed and replaced, and the others keep serving', async t => {
  const app = serve(t)
  const url = await app.url()
  await attempt(`${url}/act/no-ack`) // it may have exited before it can answer
  const { workerPid: pid } = await app.event('lane-error', ({ err }) => (err as NodeJS.ErrnoException).code === 'EPROTO')
  for (let i = 0; i < 4; i++) t.equal((await request(url)).status, 200)
  t.match(await app.event('worker-exit'), { workerPid: pid, signal: 'SIGKILL' })
  await app.workers(3)
})

for (const [what, name] of [['for frames that do not exist', 'stray-acks'], ['that refuse connections beyond their frame', 'refuse-too-many']] as const) {
  t.test(`a worker that sends acks ${what} is killed and replaced, and no count decreases`, async t => {
    const app = serve(t, { options: { workers: 1 } })
    const url = await app.url()
    await attempt(`${url}/act/${name}`)
    await attempt(url)
    t.match(await app.event('lane-error'), { workerId: 1, err: { message: /^it acknowledged a frame that it was not sent: number \d+, \d+ connections refused$/ } })
    t.match(await app.event('worker-exit'), { signal: 'SIGKILL' })
    t.equal((await request(url)).status, 200)
    const { workers } = await app.stats()
    t.match(workers, [{ id: 2, refused: 0 }])
    t.ok(workers[0]?.accepted as number > 0)
    t.equal(app.lines.filter(({ event }) => event === 'lane-error').length, 1)
  })
}

t.test('the primary never dies of a worker: one that shuts down its end of the lane is killed and replaced', async t => {
  const app = serve(t, { options: { workers: 1 }, env: { FD_LANE_PREBUILD: addonWithSteps() } })
  const url = await app.url()
  t.equal((await act(url, 'shut-down-reading')).result, null)
  t.equal((await request(url)).status, 200, 'another worker takes the connection that could not be sent to it')
  t.match(await app.event('lane-error'), { workerId: 1, err: { code: 'EPIPE', syscall: 'sendmsg' } })
  t.match(await app.event('worker-exit'), { workerId: 1, signal: 'SIGKILL' })
})

t.test('at most once: a connection that a worker has taken is given to no other, even if it then shuts down its end of the lane', async t => {
  // Long, because the primary has to try when the lane is shut down, and not when the worker has just
  // received the frame.
  const app = serve(t, { options: { takeBackAfter: 1_000 }, env: { FD_LANE_PREBUILD: addonWithSteps() } })
  const url = await app.url()
  const { pid } = await act(url, 'shut-down-in-frame')
  const outcomes = []
  do outcomes.push(await attempt(url))
  while (outcomes.length < 4 && outcomes.at(-1)?.error === undefined)
  t.equal(outcomes.at(-1)?.error?.code, 'ECONNRESET')
  t.match(await app.event('lane-error'), { workerPid: pid, err: { code: 'EPIPE', syscall: 'recvmsg' } })
  for (let i = 0; i < 4; i++) t.equal((await request(url)).status, 200)
})

t.test('at most once: a frame is not taken back if its worker has acked it unread', async t => {
  const go = join(shortFolder(t), 'go')
  const app = serve(t, { env: { GO: go } })
  const url = await app.url()
  const blocked = attempt(`${url}/act/ack-unread`)
  const { pid } = await app.event('blocks')
  const answers: Array<Promise<Outcome>> = []
  await app.stats(({ workers }) => {
    answers.push(attempt(url))
    return workers.some(worker => worker.pid === pid && worker.takenBack > 0)
  })
  writeFileSync(go, '')
  await app.stats(() => {
    answers.push(attempt(url))
    return app.lines.some(({ event }) => event === 'lane-error')
  })
  t.match(await app.event('lane-error'), { workerPid: pid, err: { code: 'EPROTO', syscall: 'recvmsg' } })
  t.match((await blocked).error?.code, 'ECONNRESET')
  t.same(unanswered(await Promise.all(answers)), [])
})

t.test('a worker cannot truncate its row, which would kill the primary', async t => {
  const app = serve(t, { options: { workers: 1 } })
  t.equal((await act(await app.url(), 'truncate-row')).result, 'EPERM')
})

t.test('child processes do not inherit the connections that a worker has accepted', async t => {
  const app = serve(t, { options: { workers: 1 } })
  const url = await app.url()
  const { result: before } = await act(url, 'inherits')
  const open = await Promise.all([1, 2, 3].map(async () => await RawClient.connect(t, url)))
  for (const client of open) {
    client.get('/')
    await client.answer()
  }
  t.equal((await act(url, 'inherits')).result, before)
})

t.test('workers do not inherit the connections that the primary has accepted', async t => {
  const app = serve(t, { options: { workers: 1 } })
  const url = await app.url()
  const first = await app.event('inherited', ({ pid }) => pid !== app.pid)
  process.kill(first.pid, 'SIGSTOP')
  const waiting = Array.from({ length: 20 }, async () => await attempt(url))
  await app.stats(({ pending, workers: [worker] }) => pending + (worker?.unacked ?? 0) === 20)
  process.kill(first.pid, 'SIGKILL')
  t.same(unanswered(await Promise.all(waiting)), [])
  const second = await app.event('inherited', ({ pid }) => pid !== app.pid && pid !== first.pid)
  t.equal(second.inherited, first.inherited)
})

t.test('a worker closes the descriptors of the connections that it refuses', async t => {
  const app = start(t, 'max-connections.mjs', { options: { workers: 2, lane: 'native', ...inTurn } })
  const url = await app.url()
  const open = await RawClient.connect(t, url)
  open.get('/')
  const { pid } = JSON.parse((await open.answer()).body) as { pid: number }
  const before = descriptors(pid)
  for (let i = 0; i < 20; i++) await request(url)
  t.ok((await app.stats()).workers.find(worker => worker.pid === pid)?.refused)
  t.equal(descriptors(pid), before)
})

t.test('if all event loops are slower than takeBackAfter, connections move on, and all are answered', async t => {
  const app = serve(t, { options: { workers: 3, takeBackAfter: 1 } })
  const url = await app.url()
  const outcomes = await load(150, 15, async () => await attempt(`${url}/slow`))
  t.same(unanswered(outcomes), [])
  const { workers } = await app.stats(({ pending }) => pending === 0)
  t.ok(workers.some(({ takenBack }) => takenBack > 0))
  // A connection that was taken, and whose request then waited, has been rescued and taken by another worker.
  t.equal(workers.reduce((sum, { accepted, returned: { rescue } }) => sum + accepted - rescue, 0), 150)
})

t.test('a primary without a free descriptor waits until it has one: no connection is dropped, and one line is logged', async t => {
  const app = serve(t, { options: { workers: 2 }, descriptorLimit: 80 })
  const url = await app.url()
  const free = 80 - readdirSync(`/proc/${app.pid}/fd`).length
  const outcomes = await together(app, 200, async onConnected => await attempt(url, { onConnected }))
  t.ok(free < 64, 'a batch is more than there is room for')
  t.same(unanswered(outcomes), [])
  t.match(app.lines.filter(({ event }) => event === 'accept-error'), [{ err: { code: 'EMFILE', syscall: 'accept' } }])
})

t.test('an accept that always fails with EPERM, because of a filter, is retried at intervals, and the port serves when it works again', async t => {
  const file = join(shortFolder(t), 'step')
  const app = serve(t, { env: { FD_LANE_PREBUILD: addonWithSteps(), FD_LANE_STEP: file } })
  const url = await app.url()
  writeFileSync(`${file}.new`, `accept:${constants.errno.EPERM} always`)
  renameSync(`${file}.new`, file)
  const waiting = attempt(url)
  t.match(await app.event('accept-error'), { level: 50, err: { code: 'EPERM', syscall: 'accept' } })
  await app.stats()
  rmSync(file)
  t.equal((await waiting).answer?.status, 200)
  t.equal(app.lines.filter(({ event }) => event === 'accept-error').length, 1)
})

for (const [code, lines] of [['ECONNABORTED', 0], ['ENFILE', 1]] as const) {
  t.test(`an accept that fails with ${code} is retried, and the connection behind it is served`, async t => {
    const file = join(shortFolder(t), 'step')
    const app = serve(t, { env: { FD_LANE_PREBUILD: addonWithSteps(), FD_LANE_STEP: file } })
    const url = await app.url()
    writeFileSync(`${file}.new`, `accept:${constants.errno[code]}`)
    renameSync(`${file}.new`, file)
    t.equal((await request(url)).status, 200)
    t.equal((await request(url)).status, 200)
    t.equal(app.lines.filter(({ event }) => event === 'accept-error').length, lines)
  })
}
