import t from 'tap'
import type { Ending } from '../../lib/primary/workers/fork.js'
import { Recycling } from '../../lib/primary/workers/recycling.js'
import { Reload } from '../../lib/primary/workers/reload.js'
import { Restarts } from '../../lib/primary/workers/restarts.js'
import { isStopSignal } from '../../lib/primary/process/signals.js'
import type { Slot } from '../../lib/primary/workers/slots.js'
import { Supervisor } from '../../lib/primary/workers/supervisor.js'
import type { WorkerHandle } from '../../lib/primary/workers/worker-handle.js'
import { createLog, createRandom, FakeClock, FakeWorker } from '../fakes.js'

const NO_DESCRIPTORS = 'spawn EMFILE'
const CRASHES: Ending[] = [{ code: 1, signal: null }, { code: 0, signal: null }, { code: null, signal: 'SIGTERM' }, { code: null, signal: 'SIGKILL' }]

interface Options { last?: 'stop' | 'kill', maxRestarts?: number, early?: boolean }

const isStarting = ({ state }: WorkerHandle): boolean => state === 'starting'
const isReady = ({ state }: WorkerHandle): boolean => state === 'ready'

/** The possible steps and their likelihoods. */
const STEPS = { wait: 20, ready: 20, exit: 15, pulse: 15, reload: 6, scale: 4, crash: 4, leave: 3, hang: 2, close: 2, lack: 2 }
const ONLY: Record<string, (worker: WorkerHandle) => boolean> = { ready: isStarting, pulse: isReady, hang: isReady, close: isReady }

/** How often each kind of step has happened, in all sequences. */
const happened: Record<string, number> = {}

/** Supervisor, Reload, Recycling and Restarts, wired as in the primary, with what is needed to check them. */
function create ({ maxRestarts, early }: Options, some: (most: number) => number) {
  const clock = new FakeClock()
  const log = createLog().log.child({}, { level: 'silent' })
  const wrong: string[] = []
  const spawned: FakeWorker[] = []
  const living = new Set<WorkerHandle>()
  const told: Record<number, string> = {}
  const pending = new Map<Promise<unknown>, string>()
  const failed = new Set<number>() // the reasons for which a reload or a scaling may be rejected
  const aborted = new Set<Error | undefined>() // the reasons for which reloads were aborted
  const outdated = new Set<WorkerHandle | undefined>() // the workers that the current reload replaces
  const now = { count: 1 + some(4), up: false, stopping: false, over: false, lacking: 0, lacked: 0, recycled: 0, renewed: false }
  const note = (what: string): void => { happened[what] = (happened[what] ?? 0) + 1 }

  function emit (name: string, { id, generation = 0, error }: { id?: number, key?: string, generation?: number, error?: Error, pid?: number } = {}): void {
    note(name)
    if (id !== undefined) told[id] = `${told[id] ?? ''} ${name.replace('worker-', '')}`
    now.renewed = name === 'reload-end' || (now.renewed && !name.startsWith('reload'))
    if (name === 'reload-aborted') outdated.clear()
    if (name === 'reload-aborted' && aborted.size === aborted.add(error).size) wrong.push('a reload is aborted for what one was before')
    if (name === 'reload-end' && !supervisor.everySlot(worker => worker.generation === generation)) wrong.push('a reload ends before every place has a worker of its generation')
    if (name === 'reload-end' && [...living].some(worker => outdated.has(worker) && worker.generation < generation)) wrong.push('a reload ends before all that it replaces are gone')
  }

  const parts = { slots: () => supervisor.slots, emit, clock, log }
  const supervisor: Supervisor = new Supervisor({
    count: now.count,
    grace: 2_000,
    bootTimeout: some(2) * 1_500,
    spawn (generation) {
      if (now.over) wrong.push('a worker is spawned when all is over')
      if (now.lacking-- > 0) {
        now.lacked++
        throw new Error(NO_DESCRIPTORS)
      }
      const worker = new FakeWorker(spawned.length + 1, generation)
      spawned.push(worker)
      living.add(worker)
      return worker
    },
    retire () {},
    restarts: new Restarts({ count: maxRestarts, within: 10_000 }, clock),
    onCrashLoop () {
      note('gives up')
      now.over = true
      stop()
    },
    ...parts
  })
  const reload = new Reload({
    concurrency: 1 + some(3),
    nextGeneration () {
      for (const { worker } of supervisor.slots) outdated.add(worker)
      return ++supervisor.generation
    },
    renew: async (slot, wanted) => await supervisor.renew(slot, wanted),
    abandon: slot => { supervisor.abandon(slot) },
    ...parts
  })
  const recycling = new Recycling({
    limits: { requests: 100, rss: 100, age: 60_000, jitter: 0.2 },
    async renew (slot) {
      note('recycle')
      if (++now.recycled > 500) await new Promise(() => {}) // an endless loop would block the test too
      return await supervisor.renew(slot)
    },
    reloading: () => reload.running,
    random: () => some(100) / 100,
    ...parts
  })

  /** Checks that the promise is settled in the end, and rejected only for a reason. */
  function expect (what: string, promise: Promise<unknown>): void {
    pending.set(promise, what)
    promise.catch((err: Error & { code?: string }) => {
      note(`${what}: ${err.code ?? err.message}`)
      const because = err.message === NO_DESCRIPTORS || (err.code === 'SHARED_PORT_ERR_CLOSED' && now.over) ||
        (err.code === 'SHARED_PORT_ERR_WORKER_FAILED' && failed.has(Number(/\d+/.exec(err.message)?.[0])))
      if (!because || (what !== 'reload' && what !== 'scale')) wrong.push(`${what} is rejected: ${err.message}`)
    }).finally(() => { pending.delete(promise) })
  }

  function ready (worker: WorkerHandle): void {
    supervisor.ready(worker)
    recycling.ready(worker)
    now.up ||= supervisor.everySlot(worker => !isStarting(worker))
  }

  function scale (count: number): void {
    const before = [...supervisor.slots]
    const lacked = now.lacked
    const scaled = supervisor.scale(count)
    now.count = count - (now.lacked - lacked)
    const leaving = before.filter(slot => !supervisor.slots.includes(slot)).flatMap(({ worker, successor }) => [worker, successor])
    for (const worker of leaving) outdated.delete(worker)
    expect('scale', scaled.then(() => {
      if (leaving.some(worker => worker !== undefined && living.has(worker))) wrong.push('a scaling ends before all that are too many are gone')
    }))
  }

  function exit (worker: WorkerHandle, ending?: Ending): void {
    const { child } = worker as FakeWorker
    const signal = worker.killed ? 'SIGKILL' : child.signals[0] ?? null
    ending ??= { code: signal === null ? 0 : null, signal }
    if (isStarting(worker)) failed.add(worker.id)
    const fatal = isStarting(worker) && !now.up && !now.stopping
    if (fatal) note('fatal')
    now.over ||= fatal
    living.delete(worker)
    const slot = supervisor.slots.find(slot => slot.worker === worker || slot.successor === worker)
    if (slot?.onTrial === true && !now.over && (slot.worker === undefined || slot.successor === undefined)) {
      note('one more fails')
      now.count--
    }
    supervisor.exited(worker, ending, fatal)
    child.kill = () => { wrong.push('a dead worker is signalled: its process id may be another\'s') }
    if (fatal) isStopSignal(ending.signal) ? clock.after(100, stop) : stop()
  }

  function stop (): void {
    if (now.stopping) return
    now.stopping = true
    clock.after(some(3) * 500, () => { // first the ports are shut
      now.over = true
      expect('stop', supervisor.stop(1_000))
    })
  }

  function kill (): void {
    now.stopping = now.over = true
    supervisor.kill()
  }

  supervisor.start()
  if (early !== true) spawned.forEach(ready)
  return { clock, wrong, living, spawned, told, pending, failed, now, supervisor, reload, recycling, expect, ready, scale, exit, stop, kill }
}

/** Plays one sequence. Returns the violated promises, and a record of the sequence. */
async function play (seed: number, options: Options): Promise<string[]> {
  const random = createRandom(seed)
  const some = (most: number): number => Math.floor(random() * most)
  const one = <T>(all: readonly T[]): T => all[some(all.length)] as T
  // Each sequence omits some steps, because frequent ones would hide rare ones.
  const likely = Object.entries(STEPS).flatMap(([step, likely]) => likely < 10 && random() < 0.4 ? [] : Array<string>(likely).fill(step))
  const waits = random() < 0.3 // until it is killed
  const isEnding = ({ state, killed }: WorkerHandle): boolean => killed || (state === 'draining' && !waits)
  const all = create(options, some)
  const { clock, wrong, living, spawned, told, pending, failed, now, supervisor } = all
  const steps: string[] = []
  let successors: Array<[Slot, former: WorkerHandle | undefined]> = []

  function step (): void {
    const step = one(likely)
    const worker = one([...living].filter(step === 'exit' ? isEnding : ONLY[step] ?? Boolean))
    steps.push(`${step} ${worker?.id ?? ''}`)
    if (step === 'wait') clock.advance(one([1, 50, 100, 500, 3_000, 31_000]))
    if (step === 'lack') now.lacking = 1 + some(2)
    if (step === 'reload' && now.up && !now.stopping) all.expect('reload', all.reload.run())
    if (step === 'scale' && now.up && !now.stopping) all.scale(1 + some(5))
    if (worker === undefined) return
    if (step === 'ready') all.ready(worker)
    if (step === 'leave' && isStarting(worker)) failed.add(worker.id)
    if (step === 'leave' && (!now.stopping || worker.state === 'draining')) supervisor.drain(worker)
    if (step === 'pulse') Object.assign(worker, { requests: some(120), rss: some(120) })
    if (step === 'pulse' && !now.stopping) all.expect('check', all.recycling.check())
    if (step === 'hang') supervisor.killWorker(worker)
    if (step === 'exit') all.exit(worker)
    if (step === 'crash') all.exit(worker, one(CRASHES))
    if (step === 'close') all.exit(Object.assign(worker, { closed: true }))
  }

  function checkAlways (): void {
    const { slots, workers, generation } = supervisor
    const placed = slots.flatMap(({ worker, successor }) => [worker, successor]).filter(worker => worker !== undefined)
    if (slots.length !== now.count) wrong.push(`there are ${slots.length} places, not ${now.count}`)
    if (slots.length < 1) wrong.push('no place is left')
    if (new Set(placed).size < placed.length) wrong.push('a worker has two places')
    if (placed.some(({ state }) => state === 'exited')) wrong.push('a dead worker has a place')
    if (slots.some(({ successor: next }) => next !== undefined && next.state !== 'draining' && !(isStarting(next) && next.generation === generation))) wrong.push('a successor is ready or out of date')
    if (workers.length !== living.size || !workers.every(worker => living.has(worker))) wrong.push('those that live are others than those that are known')
    if (workers.some(worker => worker.state !== 'draining' && !placed.includes(worker))) wrong.push('a worker has no place and does not drain')
    if (successors.some(([slot, former]) => former !== slot.worker && former !== slot.successor && slots.includes(slot) && workers.some(worker => worker === former))) wrong.push('a place has two successors')
    successors = slots.map(slot => [slot, slot.successor])
  }

  /** Lets all starting workers become ready, all draining ones exit, and all timers fire. */
  async function rest (): Promise<void> {
    now.lacking = 0
    for (let rounds = 0; rounds < 300; rounds++) {
      await new Promise(setImmediate)
      checkAlways()
      const worker = one([...living].filter(worker => isStarting(worker) || isEnding(worker)))
      const [delay] = clock.waiting
      if (worker !== undefined) isEnding(worker) ? all.exit(worker) : all.ready(worker)
      else if (delay !== undefined) clock.advance(delay)
      else return
    }
    wrong.push('it comes to no rest')
  }

  for (let left = 80; left > 0 && wrong.length === 0; left--) {
    if (left === 10 && options.last !== undefined) all[options.last]()
    step()
    checkAlways()
    // The next step may come before everything has followed from this one.
    if (random() < 0.5) await new Promise(setImmediate)
    else for (let ticks = some(12); ticks > 0; ticks--) await Promise.resolve()
  }
  await rest()
  for (const what of pending.values()) wrong.push(`${what} is not settled`)
  if (now.over && living.size > 0) wrong.push('a worker outlives the end')
  if (!now.over && !supervisor.slots.every(({ worker, successor }) => worker?.state === 'ready' && successor === undefined)) wrong.push('a place has not one ready worker')
  if (now.renewed && !now.over && !supervisor.everySlot(({ generation }) => generation === supervisor.generation)) wrong.push('a worker is older than the last reload')
  const mistold = spawned.find(({ id, state }) => !(state === 'exited' ? /^ start( ready)? exit$/ : /^ start( ready)?$/).test(told[id] ?? ''))
  if (mistold !== undefined) wrong.push(`of worker ${mistold.id} is told${told[mistold.id]}`)
  return wrong.length === 0 ? [] : [...new Set(wrong), steps.join(', ')]
}

for (const { what, ...options } of [
  { what: 'whatever happens, each slot has one ready worker in the end, and each promise is kept' },
  { what: 'whatever happens before and during a stop, nothing outlives it', last: 'stop' },
  { what: 'whatever happens before and during a kill, nothing outlives it', last: 'kill' },
  { what: 'after too many crashes, nothing is started any more', maxRestarts: 3 },
  { what: 'whatever happens during the first start, a worker that fails ends everything', early: true }
] as Array<Options & { what: string }>) {
  t.test(what, async t => {
    for (let seed = 1; seed <= 200; seed++) t.same(await play(seed, options), [], `seed ${seed}`)
  })
}

t.test('every kind of step and outcome has occurred', async t => {
  const settled = ['reload', 'scale'].flatMap(what => ['SHARED_PORT_ERR_CLOSED', 'SHARED_PORT_ERR_WORKER_FAILED', NO_DESCRIPTORS].map(why => `${what}: ${why}`))
  t.same([...settled, 'reload-end', 'recycle', 'gives up', 'fatal', 'one more fails'].filter(what => happened[what] === undefined), [])
})
