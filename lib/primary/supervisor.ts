import type { FastifyBaseLogger } from 'fastify'
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
interface Slot {
  worker?: WorkerHandle
  readyAt?: number
  /** How long the next replacement waits. */
  delay: number
  cancel?: () => void
}

interface Life {
  cancelKill?: () => void
  /** To be called once, when it is up. */
  retire?: () => void
}

export interface SupervisorParts {
  /** How many workers to keep. */
  count: number
  grace: number
  /** May throw where this process lacks what it takes to start one: descriptors, for one. */
  spawn (): WorkerHandle
  /** Takes the worker out of the schedule; once nothing is un-acked, tells it to finish within `grace`. */
  retire (worker: WorkerHandle, grace: number): void
  clock: Clock
  log: FastifyBaseLogger
}

/** Starts workers, replaces those that die, and ends them. */
export class Supervisor {
  readonly #parts: SupervisorParts
  readonly #slots: Slot[]
  readonly #living = new Map<WorkerHandle, Life>()
  #stopping = false
  #whenGone: Array<() => void> = []

  constructor (parts: SupervisorParts) {
    this.#parts = parts
    this.#slots = Array.from({ length: parts.count }, () => ({ delay: FIRST_DELAY }))
  }

  get workers (): WorkerHandle[] {
    return [...this.#living.keys()]
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
    const slot = this.#slotOf(worker)
    if (slot !== undefined) slot.readyAt = this.#parts.clock.now()
    this.#parts.log.info({ event: 'worker-ready', workerId: worker.id, workerPid: worker.pid }, 'worker %d is ready', worker.id)
  }

  /** Lets a worker finish what it has, and ends it after `grace`. */
  drain (worker: WorkerHandle, grace = this.#parts.grace): void {
    const life = this.#living.get(worker)
    if (life === undefined) return
    if (worker.state !== 'draining') {
      const started = worker.state === 'ready'
      worker.state = 'draining'
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
    this.#living.get(worker)?.cancelKill?.()
    this.#living.delete(worker)
    const asked = worker.state === 'draining' || this.#stopping
    this.#logExit(worker, ending, asked, fatal)
    if (fatal) this.#stopping = true
    worker.state = 'exited'
    const slot = this.#slotOf(worker)
    if (slot !== undefined) this.#replace(slot, asked)
    if (this.#living.size > 0) return
    const waiting = this.#whenGone
    this.#whenGone = []
    for (const run of waiting) run()
  }

  #fill (slot: Slot): void {
    const { spawn, log } = this.#parts
    const worker = spawn()
    slot.worker = worker
    delete slot.readyAt
    this.#living.set(worker, {})
    log.debug({ event: 'worker-start', workerId: worker.id, workerPid: worker.pid }, 'worker %d starts', worker.id)
  }

  /** `asked`: its worker was told to end, or told so itself. That is no failure, and does not make the next one wait longer. */
  #replace (slot: Slot, asked: boolean): void {
    const { clock, log } = this.#parts
    const lived = slot.readyAt === undefined ? 0 : clock.now() - slot.readyAt
    delete slot.worker
    if (this.#stopping) return
    if (lived >= LONG_LIFE) slot.delay = FIRST_DELAY
    const failed = !asked || slot.readyAt === undefined
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
      this.#replace(slot, false)
    }
  }

  #kill (worker: WorkerHandle): void {
    this.#parts.log.warn({ event: 'worker-kill', workerId: worker.id, workerPid: worker.pid }, 'worker %d did not end in time and is killed', worker.id)
    worker.kill('SIGKILL')
  }

  #logExit (worker: WorkerHandle, ending: Ending, asked: boolean, fatal: boolean): void {
    const { log } = this.#parts
    const { code, signal, error } = ending
    const ready = this.#slotOf(worker)?.readyAt !== undefined
    // What a worker said before it ended otherwise, it did not die of. And of those that were not
    // ready when they were to end, one has told why already.
    const diedOfIt = code !== 0 && signal === null && !(asked && !ready)
    const err = error ?? (diedOfIt ? worker.failure : undefined)
    const fields = { event: 'worker-exit', workerId: worker.id, workerPid: worker.pid, code, signal, ...(err !== undefined && { err }) }
    if (asked) log.info(fields, 'worker %d %s', worker.id, describeEnding(ending))
    else log[fatal ? 'fatal' : 'error'](fields, 'worker %d %s %s', worker.id, describeEnding(ending), ready ? 'unasked' : 'before it was ready')
  }

  #slotOf (worker: WorkerHandle): Slot | undefined {
    return this.#slots.find(slot => slot.worker === worker)
  }
}

/** For "worker 3 ...". */
export function describeEnding ({ code, signal, error }: Ending): string {
  if (error !== undefined) return `could not be started (${error.message})`
  return signal === null ? `exited with code ${code}` : `was ended by ${signal}`
}
