import t, { type Test } from 'tap'
import { OwnHandlers } from '../../lib/worker/own-handlers.js'

/** So long that a test would time out if anything waited for it. */
const NEVER = 600_000

/** Tap has handlers of its own in this process. */
for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP']) process.removeAllListeners(signal)

const emit = (signal: NodeJS.Signals): void => { Reflect.apply(process.emit, process, [signal, signal, 15]) }

/** With simulated resources of the process, and a clock with 50 ms between checks. */
function create (t: Test) {
  const events = ['newListener', 'removeListener'] as unknown as Array<'SIGTERM'>
  const before = new Set(events.flatMap(event => process.rawListeners(event)))
  t.teardown(() => {
    for (const event of events) {
      for (const listener of process.rawListeners(event)) if (!before.has(listener)) process.removeListener(event, listener as () => void)
    }
  })
  const open: string[] = ['PipeWrap', 'Timeout']
  const state = { now: 0, looks: 0, onLook () {} }
  const handlers = new OwnHandlers({
    resources: () => open,
    now: () => state.now,
    async pause (time) {
      state.now += time
      state.looks++
      state.onLook()
      await new Promise(setImmediate)
    }
  })
  return { handlers, open, state }
}

const handle = (t: Test, run: () => unknown): void => {
  process.on('SIGTERM', run)
  t.teardown(() => { process.off('SIGTERM', run) })
}

t.test('a handler that starts nothing is not waited for, whatever else is open', async t => {
  const { handlers, state } = create(t)
  handle(t, () => {})
  t.equal(await handlers.end(NEVER), true)
  t.equal(state.looks, 0)
})

t.test('resources that a handler without a promise starts are waited for, and earlier ones are not', async t => {
  const { handlers, open, state } = create(t)
  handle(t, () => { open.push('Timeout') })
  state.onLook = () => { if (state.looks === 3) open.pop() }
  t.equal(await handlers.end(NEVER), true)
  t.equal(state.looks, 3)
})

t.test('resources that it starts a few iterations later, when the app that it closes is closed, are waited for as well', async t => {
  const { handlers, open, state } = create(t)
  handle(t, () => { setImmediate(() => setImmediate(() => { open.push('TCPSocketWrap') })) })
  state.onLook = () => { if (state.looks === 2) open.pop() }
  t.equal(await handlers.end(NEVER), true)
  t.equal(state.looks, 2)
})

t.test('a handler that is never done is given up when its time is over', async t => {
  const { handlers, open, state } = create(t)
  handle(t, () => { open.push('Timeout') })
  t.equal(await handlers.end(1_000), false)
  t.equal(state.now, 1_000)
})

t.test('a promise is waited for, and no resources that such a handler leaves', async t => {
  const { handlers, open, state } = create(t)
  let settled = false
  handle(t, async () => {
    open.push('TCPSocketWrap')
    await new Promise(setImmediate)
    settled = true
  })
  t.equal(await handlers.end(NEVER), true)
  t.same([settled, state.looks], [true, 0])
})

t.test('the signal of a handler that is added after us is noticed, and the handler is not called again', async t => {
  const { handlers, open, state } = create(t)
  handlers.watch()
  let calls = 0
  handle(t, () => {
    calls++
    open.push('Timeout')
  })
  emit('SIGTERM')
  state.onLook = () => { open.pop() }
  t.equal(await handlers.end(NEVER), true)
  t.same([calls, state.looks], [1, 1], 'and the resources that it started are waited for')
})

t.test("resources that a handler called by a signal starts are waited for, even if a request's own timer ends meanwhile", async t => {
  const { handlers, open, state } = create(t)
  handlers.watch()
  handle(t, () => { open.push('Timeout') })
  emit('SIGTERM')
  await new Promise(setImmediate)
  open.splice(open.indexOf('Timeout'), 1)
  state.onLook = () => { if (state.looks === 2) open.pop() }
  t.equal(await handlers.end(NEVER), true)
  t.equal(state.looks, 2)
})

t.test('when all handlers of the app are removed, or were once handlers, none of ours is left', async t => {
  const { handlers } = create(t)
  const own = (): void => {}
  process.on('SIGINT', own) // before us
  handlers.watch()
  t.equal(process.listenerCount('SIGINT'), 2)
  process.off('SIGINT', own)
  t.equal(process.listenerCount('SIGINT'), 0)
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, own)
    process.on(signal, own)
    process.off(signal, own)
    t.equal(process.listenerCount(signal), 2)
    process.off(signal, own)
    t.equal(process.listenerCount(signal), 0)
    process.once(signal, own)
    emit(signal)
    t.equal(process.listenerCount(signal), 0)
  }
  process.on('SIGTERM', own)
  process.on('SIGTERM', own)
  process.removeAllListeners('SIGTERM')
  t.equal(process.listenerCount('SIGTERM'), 0)
})
