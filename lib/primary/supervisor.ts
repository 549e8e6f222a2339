import type { FastifyBaseLogger } from 'fastify'
import { BootTimeoutError, ClosedError, WorkerFailedError } from '../errors.js'
import { END_DELAY } from '../options-schema.js'
import type { Clock } from './clock.js'
import type { Ending } from './fork.js'
import type { WorkerHandle } from './worker-handle.js'

/** Milliseconds before a dead worker is replaced: the first time, and at most; it doubles in between. */
const FIRST_DELAY = 100
const LONGEST_DELAY = 30_000

/** Milliseconds that a worker has to live for its death to count as the first again. */
const LONG_LIFE = 60_000

/** One of the places that are kept filled. */
export interface Slot {
  worker?: WorkerHandle
  /** Takes the worker's place as soon as it is ready. */
  successor?: WorkerHandle
  /** How long the next replacement waits. */
  delay: number
  /** Calls the replacement that waits off. */
  cancel?: () => void
}

/** What is to happen at a worker's next steps. */
interface Life {
  readyAt?: number
  cancelBoot?: () => void
  cancelKill?: () => void
  /** To be called once, when it is up. */
  retire?: () => void
  settleReady: Array<(failure?: Error) => void>
  settleGone: Array<() => void>
}

/** How a worker's life ended. */
interface End {
  /** It was told to end, or told so itself: no failure, and the next one does not wait longer for it. */
  asked: boolean
  /** It takes everything along. */
  fatal: boolean
  readyAt?: number | undefined
}

export interface SupervisorParts {
  /** How many workers to keep. */
  count: number
  grace: number
  /** Milliseconds for a worker to become ready, 0 for as long as it takes. */
  bootTimeout: number
  /** May throw where this process lacks what it takes to start one: descriptors, for one. */
  spawn (generation: number): WorkerHandle
  /** Takes the worker out of the schedule; once nothing is un-acked, tells it to finish within `grace`. */
  retire (worker: WorkerHandle, grace: number): void
  clock: Clock
  log: FastifyBaseLogger
}

/** Starts workers, replaces those that die or are out of date, and ends them. */
export class Supervisor {
  /** Of the workers that start from now on. */
  generation = 0
  readonly #parts: SupervisorParts
  readonly #slots: Slot[]
  readonly #living = new Map<WorkerHandle, Life>()
  #stopping = false
  #whenGone: Array<() => void> = []

  constructor (parts: SupervisorParts) {
    this.#parts = parts
    this.#slots = Array.from({ length: parts.count }, createSlot)
  }

  get workers (): WorkerHandle[] {
    return [...this.#living.keys()]
  }

  get slots (): readonly Slot[] {
    return this.#slots
  }

  /** Whether every slot has a worker of which this is true. */
  everySlot (holds: (worker: WorkerHandle) => boolean): boolean {
    return this.#slots.every(({ worker }) => worker !== undefined && holds(worker))
  }

  /** @throws what `spawn` does; the workers that started before it are there then */
  start (): void {
    for (const slot of this.#slots) this.#fill(slot)
  }

  ready (worker: WorkerHandle): void {
    if (worker.state !== 'starting') return
    worker.state = 'ready'
    const { clock, log } = this.#parts
    log.info({ event: 'worker-ready', workerId: worker.id, workerPid: worker.pid }, 'worker %d is ready', worker.id)
    const slot = this.#slotOf(worker)
    if (slot?.successor === worker) this.#succeed(slot)
    const life = this.#living.get(worker)
    if (life === undefined) return
    life.readyAt = clock.now()
    life.cancelBoot?.()
    for (const settle of life.settleReady.splice(0)) settle()
  }

  /** Lets a worker finish what it has, and ends it after `grace`. */
  drain (worker: WorkerHandle, grace = this.#parts.grace): void {
    const life = this.#living.get(worker)
    if (life === undefined) return
    if (worker.state !== 'draining') {
      const started = worker.state === 'ready'
      worker.state = 'draining'
      life.cancelBoot?.()
      this.expectExit(worker, grace)
      life.retire = () => { this.#parts.retire(worker, grace) }
      // One that is not up yet may not be listening to us, and has nothing to finish. If it serves a
      // port after all, it answers the signal by asking to leave, and comes here again.
      if (!started) return worker.kill('SIGTERM')
    }
    life.retire?.()
    delete life.retire
  }

  /** Kills a worker that has not ended when its grace is over. */
  expectExit (worker: WorkerHandle, grace = this.#parts.grace): void {
    const life = this.#living.get(worker)
    if (life === undefined) return
    life.cancelKill?.()
    life.cancelKill = this.#parts.clock.after(grace + END_DELAY, () => { this.#kill(worker) })
  }

  /**
   * Starts another worker for the slot. When it is ready it takes the place of the one that is
   * there, which drains; resolves when that one is gone.
   * @throws SHARED_PORT_ERR_WORKER_FAILED when the new one ends before it is ready; the old one stays
   * @throws SHARED_PORT_ERR_CLOSED when everything stops
   * @throws what `spawn` does
   */
  async renew (slot: Slot): Promise<void> {
    if (this.#stopping) throw new ClosedError()
    const old = slot.worker
    const successor = this.#launch()
    slot.successor = successor
    await this.#becomesReady(successor)
    if (old !== undefined) await this.#isGone(old)
  }

  /** Ends the successor that is starting: what waits for it fails. */
  abandon (slot: Slot): void {
    const { successor } = slot
    if (successor === undefined) return
    this.drain(successor)
  }

  /**
   * Keeps so many workers from now on. The newest leave first. Resolves when all are ready that
   * should be, and all are gone that should not.
   * @throws SHARED_PORT_ERR_WORKER_FAILED when a new one ends before it is ready; it is replaced all the same
   */
  async scale (count: number): Promise<void> {
    const leaving = this.#surplus(count)
    for (const slot of leaving) this.#give(slot)
    const joining = Array.from({ length: Math.max(0, count - this.#slots.length) }, createSlot)
    this.#slots.push(...joining)
    for (const slot of joining) this.#refill(slot)
    await Promise.all([
      ...leaving.flatMap(({ worker, successor }) => [worker, successor]).map(async worker => { if (worker !== undefined) await this.#isGone(worker) }),
      ...joining.map(async ({ worker }) => { if (worker !== undefined) await this.#becomesReady(worker) })
    ])
  }

  /** Ends all workers, and resolves when they are gone. */
  async stop (grace: number): Promise<void> {
    this.#stopping = true
    for (const slot of this.#slots) slot.cancel?.()
    for (const worker of this.workers) this.drain(worker, grace)
    if (this.#living.size > 0) await new Promise<void>(resolve => { this.#whenGone.push(resolve) })
  }

  /** Ends all workers at once. */
  kill (): void {
    this.#stopping = true
    for (const slot of this.#slots) slot.cancel?.()
    for (const worker of this.workers) worker.kill('SIGKILL')
  }

  /** To be called for every worker whose process has ended. After a `fatal` end nothing is started any more. */
  exited (worker: WorkerHandle, ending: Ending, fatal = false): void {
    const life = this.#living.get(worker)
    life?.cancelBoot?.()
    life?.cancelKill?.()
    this.#living.delete(worker)
    const end = { asked: worker.state === 'draining' || this.#stopping, fatal, readyAt: life?.readyAt }
    this.#logExit(worker, ending, end)
    if (fatal) this.#stopping = true
    worker.state = 'exited'
    const slot = this.#slotOf(worker)
    if (slot !== undefined) this.#vacate(slot, worker, end)
    for (const settle of life?.settleReady ?? []) settle(failureOf(worker, ending))
    for (const settle of life?.settleGone ?? []) settle()
    if (this.#living.size > 0) return
    const waiting = this.#whenGone
    this.#whenGone = []
    for (const run of waiting) run()
  }

  #launch (): WorkerHandle {
    const { spawn, bootTimeout, clock, log } = this.#parts
    const worker = spawn(this.generation)
    const life: Life = { settleReady: [], settleGone: [] }
    this.#living.set(worker, life)
    if (bootTimeout > 0) life.cancelBoot = clock.after(bootTimeout, () => { this.#tooSlow(worker) })
    log.debug({ event: 'worker-start', workerId: worker.id, workerPid: worker.pid }, 'worker %d starts', worker.id)
    return worker
  }

  #fill (slot: Slot): void {
    slot.worker = this.#launch()
  }

  #succeed (slot: Slot): void {
    const { worker: old, successor } = slot
    slot.cancel?.()
    slot.worker = successor as WorkerHandle
    delete slot.successor
    if (old !== undefined) this.drain(old)
  }

  /** Its worker, or its successor, is dead. */
  #vacate (slot: Slot, worker: WorkerHandle, end: End): void {
    if (slot.successor === worker) delete slot.successor
    else delete slot.worker
    if (slot.worker === undefined && slot.successor === undefined) this.#replace(slot, end)
  }

  #replace (slot: Slot, { asked, readyAt }: Omit<End, 'fatal'>): void {
    const { clock, log } = this.#parts
    const lived = readyAt === undefined ? 0 : clock.now() - readyAt
    if (this.#stopping) return
    if (lived >= LONG_LIFE) slot.delay = FIRST_DELAY
    const failed = !asked || readyAt === undefined
    const delay = failed ? slot.delay : FIRST_DELAY
    if (failed) slot.delay = Math.min(slot.delay * 2, LONGEST_DELAY)
    log.info({ event: 'worker-replace', delay }, 'a new worker starts in %d ms', delay)
    slot.cancel = clock.after(delay, () => { this.#refill(slot) })
  }

  #refill (slot: Slot): void {
    try {
      this.#fill(slot)
    } catch (err) {
      this.#parts.log.error({ event: 'worker-start-error', err }, 'cannot start a worker')
      this.#replace(slot, { asked: false })
    }
  }

  /** The slots that are too many: those without a worker first, then the newest. */
  #surplus (count: number): Slot[] {
    const age = ({ worker }: Slot): number => worker?.id ?? Infinity
    return [...this.#slots].sort((a, b) => age(a) - age(b)).slice(count)
  }

  /** Gives a place up. */
  #give (slot: Slot): void {
    this.#slots.splice(this.#slots.indexOf(slot), 1)
    slot.cancel?.()
    for (const worker of [slot.successor, slot.worker]) if (worker !== undefined) this.drain(worker)
  }

  async #becomesReady (worker: WorkerHandle): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#living.get(worker)?.settleReady.push(failure => { failure === undefined ? resolve() : reject(failure) })
    })
  }

  async #isGone (worker: WorkerHandle): Promise<void> {
    await new Promise<void>(resolve => {
      const life = this.#living.get(worker)
      if (life === undefined) resolve()
      else life.settleGone.push(resolve)
    })
  }

  #tooSlow (worker: WorkerHandle): void {
    const { bootTimeout, log } = this.#parts
    worker.failure ??= new BootTimeoutError(worker.id, bootTimeout)
    log.error({ event: 'boot-timeout', workerId: worker.id, workerPid: worker.pid, bootTimeout }, 'worker %d is not ready after %d ms and is killed', worker.id, bootTimeout)
    worker.kill('SIGKILL')
  }

  #kill (worker: WorkerHandle): void {
    this.#parts.log.warn({ event: 'worker-kill', workerId: worker.id, workerPid: worker.pid }, 'worker %d did not end in time and is killed', worker.id)
    worker.kill('SIGKILL')
  }

  #logExit (worker: WorkerHandle, ending: Ending, { asked, fatal, readyAt }: End): void {
    const { log } = this.#parts
    const { code, signal, error } = ending
    const ready = readyAt !== undefined
    // What a worker said before it ended otherwise, it did not die of. And of those that were not
    // ready when they were to end, one has told why already.
    const diedOfIt = code !== 0 && signal === null && !(asked && !ready)
    const err = error ?? (diedOfIt ? worker.failure : undefined)
    const fields = { event: 'worker-exit', workerId: worker.id, workerPid: worker.pid, code, signal, ...(err !== undefined && { err }) }
    if (asked) log.info(fields, 'worker %d %s', worker.id, describeEnding(ending))
    else log[fatal ? 'fatal' : 'error'](fields, 'worker %d %s %s', worker.id, describeEnding(ending), ready ? 'unasked' : 'before it was ready')
  }

  #slotOf (worker: WorkerHandle): Slot | undefined {
    return this.#slots.find(slot => slot.worker === worker || slot.successor === worker)
  }
}

function createSlot (): Slot {
  return { delay: FIRST_DELAY }
}

/** What a worker failed of. */
export function failureOf (worker: WorkerHandle, ending: Ending): Error {
  return new WorkerFailedError(worker.id, describeEnding(ending), { cause: ending.error ?? worker.failure })
}

/** For "worker 3 ...". */
export function describeEnding ({ code, signal, error }: Ending): string {
  if (error !== undefined) return `could not be started (${error.message})`
  return signal === null ? `exited with code ${code}` : `was ended by ${signal}`
}
