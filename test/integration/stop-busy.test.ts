import t from 'tap'
import { attempt, type Outcome } from '../client.js'
import { type App, perLane, start } from '../helper.js'

const answered = (outcomes: Outcome[]): number[] => outcomes.map(({ answer, error }) => answer?.status ?? error?.errno ?? 0)
const all200 = (count: number): number[] => Array.from({ length: count }, () => 200)

const signals: Array<{ name: string, send (app: App): void }> = [
  { name: 'the primary', send: ({ pid }) => process.kill(pid, 'SIGTERM') },
  { name: 'all processes', send: ({ pid }) => process.kill(-pid, 'SIGTERM') }
]

for (const { name, send } of signals) {
  perLane(t, `SIGTERM to ${name}: accepted connections that wait for busy workers are answered`, async (t, lane) => {
    const app = start(t, 'app.mjs', { options: { workers: 2, lane } })
    const url = await app.url()
    const workers = await app.workers(2)
    for (const pid of workers) process.kill(pid, 'SIGSTOP')
    const waiting = Array.from({ length: 8 }, async () => await attempt(url))
    await app.stats(({ pending, workers }) => pending + workers.reduce((sum, { unacked }) => sum + unacked, 0) === 8)
    send(app)
    await app.event('stop')
    for (const pid of workers) process.kill(pid, 'SIGCONT')
    t.same(answered(await Promise.all(waiting)), all200(8))
    t.same(await app.ended, { code: 0, signal: null })
  })
}

perLane(t, "SIGTERM: connections that are in the kernel's queue by then are answered", async (t, lane) => {
  const app = start(t, 'app.mjs', { options: { workers: 2, lane } })
  const url = await app.url()
  process.kill(app.pid, 'SIGSTOP')
  const waiting: Array<Promise<Outcome>> = []
  await Promise.all(Array.from({ length: 100 }, async () => {
    await new Promise<void>(resolve => { waiting.push(attempt(url, { onConnected: resolve })) })
  }))
  process.kill(app.pid, 'SIGTERM')
  process.kill(app.pid, 'SIGCONT')
  t.same(answered(await Promise.all(waiting)), all200(100))
  t.same(await app.ended, { code: 0, signal: null })
})
