import t from 'tap'
import { type App, perLane, request } from '../helper.js'
import { connectKept, keptLoad, LATER, serveKept } from '../kept.js'
import { Load } from '../load.js'

const STOPPED = { code: 0, signal: null }

/** Milliseconds for which clients pause after an answer: most connections are idle at a time, and some never are. */
const PAUSES = [0, 20, 20, 300, 300, 300]

interface Way {
  name: string
  options: object
  /** Ends workers, and resolves when they have exited. */
  end (app: App, url: string): Promise<unknown>
}

const ways: Way[] = [
  {
    name: 'a reload',
    options: { workers: 2 },
    async end (app) {
      process.kill(app.pid, 'SIGHUP')
      await app.event('reload-end')
    }
  },
  {
    name: 'a scale-down and a scale-up',
    options: { workers: 3 },
    async end (app) {
      process.kill(app.pid, 'SIGTTOU')
      await app.event('worker-exit')
      process.kill(app.pid, 'SIGTTIN')
      await app.workers(4)
    }
  },
  {
    name: 'a recycling',
    options: { workers: 2, recycle: { requests: 300 } },
    async end (app) { await app.events('worker-exit', 2) }
  },
  {
    name: 'close() in one worker',
    options: { workers: 2 },
    async end (app, url) {
      await request(`${url}/close`)
      await app.event('worker-exit')
      await app.workers(3)
    }
  }
]

for (const { name, options, end } of ways) {
  perLane(t, `${name} closes no kept connection, and fails no request on one`, async (t, lane) => {
    const { app, url } = await serveKept(t, { lane, grace: LATER, ...options })
    const clients = await connectKept(t, url, 6)
    const load = new Load(keptLoad(clients, PAUSES))
    await load.more(100)
    await end(app, url)
    await load.more(100)
    t.same(await load.stop(), [])
    t.same(clients.filter(({ raw }) => raw.socket.destroyed || raw.socket.readableEnded).length, 0)
    t.same(app.lines.filter(({ event, level }) => event === 'worker-kill' || level >= 50), [])
    t.same(await app.stop(), STOPPED)
  })
}
