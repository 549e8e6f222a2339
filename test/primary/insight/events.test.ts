import { EventEmitter } from 'node:events'
import t from 'tap'
import type { SharedPortEvents } from '../../../types/index.js'
import { Events } from '../../../lib/primary/insight/events.js'
import { createLog } from '../../fakes.js'

const WORKER = { id: 3, slot: 0, pid: 1003, generation: 1 }

function create (hooks: ConstructorParameters<typeof Events>[0] = {}) {
  const { log, lines } = createLog()
  return { events: new Events(hooks, log), lines, turn: async () => { await new Promise(setImmediate) } }
}

t.test('every app gets the events, in the next tick, until it is removed', async t => {
  const { events, turn } = create()
  const heard: object[] = []
  const apps = [1, 2].map(() => new EventEmitter<SharedPortEvents>())
  for (const app of apps) {
    app.on('worker-ready', worker => { heard.push(worker) })
    events.add(app)
  }
  events.emit('worker-ready', WORKER)
  t.same(heard, [])
  await turn()
  t.same(heard, [WORKER, WORKER])
  events.remove(apps[0] as EventEmitter<SharedPortEvents>)
  events.emit('worker-ready', WORKER)
  await turn()
  t.equal(heard.length, 3)
})

t.test('a once listener is called once', async t => {
  const { events, turn } = create()
  const app = new EventEmitter<SharedPortEvents>()
  let heard = 0
  app.once('reload-end', () => { heard++ })
  events.add(app)
  for (const generation of [1, 2]) events.emit('reload-end', { generation })
  await turn()
  t.equal(heard, 1)
})

t.test("a listener's exception is logged, and the others are called nevertheless", async t => {
  const { events, turn, lines } = create()
  const app = new EventEmitter<SharedPortEvents>()
  let heard = 0
  app.on('worker-start', () => { throw new Error('thrown') })
  app.on('worker-start', async () => { throw new Error('rejected') })
  app.on('worker-start', () => { heard++ })
  events.add(app)
  events.emit('worker-start', WORKER)
  await turn()
  t.equal(heard, 1)
  t.match(lines, [
    { level: 50, event: 'listener-error', listener: 'worker-start', err: { message: 'thrown' } },
    { level: 50, event: 'listener-error', listener: 'worker-start', err: { message: 'rejected' } }
  ])
})

t.test('the hooks get the id, and how the worker ended', async t => {
  const told: unknown[][] = []
  const { events, turn } = create({ onWorkerStart: (...args) => { told.push(['start', ...args]) }, onWorkerExit: (...args) => { told.push(['exit', ...args]) } })
  events.emit('worker-start', WORKER)
  events.emit('worker-exit', { ...WORKER, code: null, signal: 'SIGKILL', asked: false })
  await turn()
  t.same(told, [['start', 3], ['exit', 3, { code: null, signal: 'SIGKILL' }]])
})
