import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { RawClient } from '../clients.js'
import { type App, descriptors, start } from '../helper.js'
import { addonWithSteps } from './addon-with-steps.js'

// Kills or stops a worker at each step in which a kept connection leaves it: by the thread, while its event loop
// is blocked, and by the worker itself.

const { SIGKILL, SIGSTOP } = constants.signals

/** Before the connection has been sent, and after. */
const UNSENT = { thread: 'claimed', worker: 'returning' }
const SENT = { thread: ['moving', 'moved'], worker: ['returned'] }

const folder = mkdtempSync(join(tmpdir(), 'shared-fastify-kept-steps-'))
const file = join(folder, 'step')
t.teardown(() => { rmSync(folder, { recursive: true }) })

const prebuild = addonWithSteps()
let blocks = 0

/** A server with two workers. */
class House {
  readonly app: App
  readonly url: string
  readonly #descriptors: number
  #started = 2

  private constructor (app: App, url: string) {
    this.app = app
    this.url = url
    this.#descriptors = descriptors(app.pid)
  }

  static async open (t: Test, options: object): Promise<House> {
    const app = start(t, '../native/kept-app.mjs', {
      options: { workers: 2, lane: 'native', ...options },
      env: { FD_LANE_PREBUILD: prebuild, FD_LANE_STEP: file, GO: folder }
    })
    const url = await app.url()
    await app.workers(2)
    return new House(app, url)
  }

  /** A kept connection in a worker whose event loop is blocked by the request of another. */
  async blocked (t: Test): Promise<{ client: RawClient, blocker: RawClient, by: number, unblock: () => void }> {
    const clients = new Map<number, RawClient>()
    for (;;) { // the third one at the latest has the worker of another
      const blocker = await RawClient.connect(t, this.url)
      blocker.get('/')
      const by = await pidIn(blocker)
      const client = clients.get(by)
      if (client === undefined) {
        clients.set(by, blocker)
        continue
      }
      for (const [pid, other] of clients) if (pid !== by) other.socket.destroy()
      const go = `go-${++blocks}`
      const unblock = (): void => { writeFileSync(join(folder, go), '') }
      t.teardown(unblock)
      const seen = this.app.lines.length
      blocker.get(`/block/${go}`)
      const { pid } = await this.app.event('blocks', line => this.app.lines.indexOf(line) >= seen)
      if (pid === by) return { client, blocker, by, unblock }
      // On a busy machine that request may have been rescued itself.
      unblock()
      await blocker.answer()
      client.socket.destroy()
      blocker.socket.destroy()
      clients.clear()
    }
  }

  /** The pid of the worker that died, once its replacement is ready. */
  async replaced (): Promise<number> {
    await this.app.events('worker-ready', ++this.#started)
    return (await this.app.events('worker-exit', this.#started - 2)).at(-1)?.workerPid as number
  }

  /** The pid of the stopped worker, as soon as one is stopped. */
  async stopped (): Promise<number> {
    for (;;) {
      const pid = this.app.processes().find(pid => existsSync(`/proc/${pid}`) && / T /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')))
      if (pid !== undefined) return pid
      await turn()
    }
  }

  /** The worker that answers on a new connection. */
  async servedBy (t: Test): Promise<number> {
    const client = await RawClient.connect(t, this.url)
    client.get('/')
    const pid = await pidIn(client)
    client.socket.destroy()
    return pid
  }

  async isClean (t: Test): Promise<void> {
    const { held } = await this.app.stats(({ held }) => held === 0 && descriptors(this.app.pid) === this.#descriptors)
    t.equal(held, 0)
  }
}

/** From now on, the first worker that reaches the step gets the signal there. */
function arm (step: string, signal: number): void {
  writeFileSync(`${file}.new`, `${step}:${signal}`)
  renameSync(`${file}.new`, file)
}

async function pidIn (client: RawClient): Promise<number> {
  return Number((await client.answer()).body)
}

t.test('by the thread', async t => {
  const house = await House.open(t, { returnAfter: 0 })

  for (const step of SENT.thread) {
    t.test(`killed when a connection is ${step}: it lives on, and its request is answered by another worker`, async t => {
      const { client, by } = await house.blocked(t)
      arm(step, SIGKILL)
      client.get('/')
      t.not(await pidIn(client), by)
      t.equal(await house.replaced(), by)
      client.get('/')
      t.not(await pidIn(client), by)
    })
  }

  t.test(`killed when a connection is ${UNSENT.thread}: it is lost with its worker, and the others are served`, async t => {
    const { client, by } = await house.blocked(t)
    arm(UNSENT.thread, SIGKILL)
    client.get('/')
    t.match(await client.closed, /end|ECONNRESET/)
    t.equal(await house.replaced(), by)
    t.ok(await house.servedBy(t))
  })

  for (const step of SENT.thread) {
    t.test(`stopped when a connection is ${step}: another worker serves it, and goes on when the first continues`, async t => {
      const { client, blocker, by, unblock } = await house.blocked(t)
      arm(step, SIGSTOP)
      client.get('/')
      t.not(await pidIn(client), by)
      t.equal(await house.stopped(), by)
      client.get('/')
      t.not(await pidIn(client), by)
      process.kill(by, 'SIGCONT')
      unblock()
      t.equal(await pidIn(blocker), by)
      client.get('/')
      t.ok(await pidIn(client), 'it is open after the first has closed its copy')
    })
  }

  t.test(`stopped when a connection is ${UNSENT.thread}: it waits, and is served when the worker continues`, async t => {
    const { client, blocker, by, unblock } = await house.blocked(t)
    arm(UNSENT.thread, SIGSTOP)
    client.get('/')
    t.equal(await house.stopped(), by)
    t.ok(await house.servedBy(t), 'others are served')
    process.kill(by, 'SIGCONT')
    t.not(await pidIn(client), by)
    unblock()
    t.equal(await pidIn(blocker), by)
  })

  t.test(`stopped when a connection is ${UNSENT.thread}, then killed: it is lost with its worker`, async t => {
    const { client, by } = await house.blocked(t)
    arm(UNSENT.thread, SIGSTOP)
    client.get('/')
    t.equal(await house.stopped(), by)
    process.kill(by, 'SIGKILL')
    t.match(await client.closed, /end|ECONNRESET/)
    t.equal(await house.replaced(), by)
  })

  for (const step of SENT.thread) {
    t.test(`stopped when a connection is ${step}, then killed: it lives on`, async t => {
      const { client, by } = await house.blocked(t)
      arm(step, SIGSTOP)
      client.get('/')
      t.equal(await house.stopped(), by)
      process.kill(by, 'SIGKILL')
      t.not(await pidIn(client), by)
      t.equal(await house.replaced(), by)
    })
  }

  t.test('after all that the primary has as many descriptors as before', async t => { await house.isClean(t) })
})

t.test('by the worker itself', async t => {
  const house = await House.open(t, { returnAfter: 50, rescueAfter: 0 })

  for (const step of SENT.worker) {
    t.test(`killed when an idle connection is ${step}: it lives on, and another worker serves it`, async t => {
      const client = await RawClient.connect(t, house.url)
      arm(step, SIGKILL)
      client.get('/')
      const by = await pidIn(client)
      t.equal(await house.replaced(), by)
      client.get('/')
      t.not(await pidIn(client), by)
    })

    t.test(`stopped when an idle connection is ${step}: another worker serves it, and goes on when the first continues`, async t => {
      const client = await RawClient.connect(t, house.url)
      arm(step, SIGSTOP)
      client.get('/')
      const by = await pidIn(client)
      t.equal(await house.stopped(), by)
      client.get('/')
      t.not(await pidIn(client), by)
      process.kill(by, 'SIGCONT')
      while (by !== await house.servedBy(t));
      client.get('/')
      t.ok(await pidIn(client), 'it is open after the first has closed its copy')
    })
  }

  t.test(`killed when an idle connection is ${UNSENT.worker}: it is lost with its worker, and the others are served`, async t => {
    const client = await RawClient.connect(t, house.url)
    arm(UNSENT.worker, SIGKILL)
    client.get('/')
    const by = await pidIn(client)
    t.match(await client.closed, /end|ECONNRESET/)
    t.equal(await house.replaced(), by)
    t.ok(await house.servedBy(t))
  })

  t.test('what is held when its worker is killed lives on', async t => {
    const client = await RawClient.connect(t, house.url)
    client.get('/')
    const by = await pidIn(client)
    await house.app.stats(({ held }) => held === 1)
    process.kill(by, 'SIGKILL')
    t.equal(await house.replaced(), by)
    client.get('/')
    t.not(await pidIn(client), by)
  })

  t.test('after all that the primary has as many descriptors as before', async t => { await house.isClean(t) })
})
