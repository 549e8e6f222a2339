import { BootTimeoutError, ClosedError } from '../../errors.js'
import type { Clock } from '../../platform/clock.js'
import { failureOf, isForeignKill, logExit } from './ending.js'
import type { Emit } from '../insight/events.js'
import type { Ending } from './fork.js'
import { Life, type Outcome } from './life.js'
import { descendants, listed } from '../../platform/process-table.js'
import type { SafeLog } from '../../fastify/safe-log.js'
import type { Restarts } from './restarts.js'
import { type Slot, Slots } from './slots.js'
import { END_DELAY } from '../../platform/timing.js'
import type { WorkerHandle } from './worker-handle.js'

/** The circumstances in which a slot lost its worker. */
interface Leaving {
  asked: boolean
  /** When the worker became ready, by the clock. Undefined if it never was. */
  readyAt?: number | undefined
}

export interface SupervisorParts {
  /** The number of workers to keep. */
  count: number
  grace: number
  /** Milliseconds within which a worker has to become ready; 0 for no limit. */
  bootTimeout: number
  /** Starts a worker. May throw if this process lacks resources, such as descriptors. */
  spawn (generation: number, place: number): WorkerHandle
  /**
   * Takes the worker out of the schedule. When nothing is un-acked, tells it to drain within `grace`, and
   * whether hastily.
   */
  retire (worker: WorkerHandle, grace: number, hasty: boolean): void
  /** If given, a slot whose worker failed before it was ready stays empty, and this is called with the failure. */
  onFailed?: ((failure: Error) => void) | undefined
  restarts: Restarts
  /** Called after too many crashes: no worker is started any more, and everything has to end. */
  onCrashLoop (): void
  emit: Emit
  clock: Clock
  log: SafeLog
}

/** Starts workers, replaces those that have died or are out of date, and ends them. */
export class Supervisor {
  /** The generation of the workers that start from now on. */
  generation = 0
  /** The number of crashes. */
  crashes = 0
  readonly #parts: SupervisorParts
  readonly #slots = new Slots()
  readonly #living = new Map<WorkerHandle, Life>()
  #stopping = false
  #whenGone: Array<() => void> = []

  constructor (parts: SupervisorParts) {
    this.#parts = parts
    this.#slots.add(parts.count, false)
  }

  get workers (): WorkerHandle[] {
    return [...this.#living.keys()]
  }

  get slots (): readonly Slot[] {
    return this.#slots.all
  }

  /** Whether the condition holds for a worker in every slot. */
  everySlot (holds: (worker: WorkerHandle) => boolean): boolean {
    return this.slots.every(({ worker }) => worker !== undefined && holds(worker))
  }

  /** @throws the error of `spawn`; the workers that were started before it stay */
  start (): void {
    for (const slot of this.slots) this.#fill(slot)
  }

  ready (worker: WorkerHandle): void {
    if (worker.state !== 'starting') return
    worker.state = 'ready'
    const { emit, log } = this.#parts
    log.info({ event: 'worker-ready', workerId: worker.id, workerPid: worker.pid }, 'worker %d is ready', worker.id)
    emit('worker-ready', worker.asEvent)
    const slot = this.#slots.of(worker)
    if (slot !== undefined) slot.onTrial = false
    if (slot?.successor === worker) this.#succeed(slot)
    this.#living.get(worker)?.ready()
  }

  /** Cancels a worker's boot timeout. */
  endBoot (worker: WorkerHandle): void {
    this.#living.get(worker)?.endBoot()
  }

  /** Lets a worker finish its connections, and kills it after `grace`. */
  drain (worker: WorkerHandle, grace = this.#parts.grace, hasty = false): void {
    const life = this.#living.get(worker)
    if (life === undefined) return
    if (worker.state !== 'draining') {
      const started = worker.state === 'ready'
      worker.state = 'draining'
      life.endBoot()
      this.expectExit(worker, grace)
      life.retire = () => { this.#parts.retire(worker, grace, hasty) }
      // A worker that does not listen yet may not be handling messages, and has nothing to finish. If it
      // serves a port after all, it answers the signal by asking to leave, and drain() is called again.
      if (!started) return worker.kill('SIGTERM')
    }
    life.retire?.()
    life.retire = undefined
  }

  /** Kills the worker if it has not exited when its grace is over. */
  expectExit (worker: WorkerHandle, grace = this.#parts.grace): void {
    this.#living.get(worker)?.endWithin(grace + END_DELAY, () => { this.#graceIsOver(worker) })
  }

  /**
   * Starts another worker for the slot. When it is ready, it takes the place of the old one, which drains.
   * Resolves when the old one has exited, or when the new one is abandoned. If the slot already has a
   * starting worker, that one is abandoned first; when it has exited, `wanted` is asked whether to go on.
   * @throws SHARED_PORT_ERR_WORKER_FAILED if the new one ends before it is ready; the old one stays
   * @throws SHARED_PORT_ERR_CLOSED if everything stops
   * @throws the error of `spawn`
   */
  async renew (slot: Slot, wanted: () => boolean = () => true): Promise<Outcome> {
    if (slot.successor !== undefined && !this.#stopping) {
      this.abandon(slot)
      await this.#isGone(slot.successor)
      if (!this.slots.includes(slot) || !wanted()) return 'abandoned'
    }
    if (this.#stopping) throw new ClosedError()
    const old = slot.worker
    const successor = this.#launch(slot) // if this throws, a pending replacement stays
    slot.cancel?.()
    if (old === undefined) slot.resetDelay()
    slot.successor = successor
    const outcome = await this.#becomesReady(successor)
    if (outcome === 'ready' && old !== undefined) await this.#isGone(old)
    return outcome
  }

  /** Ends the successor that is starting. */
  abandon (slot: Slot): void {
    if (slot.successor !== undefined) this.#discard(slot.successor)
  }

  /** Drains all workers hastily at once, because they are out of date, and starts new ones in their slots. */
  restart (): void {
    for (const slot of this.slots) {
      const outdated = [slot.successor, slot.worker]
      slot.cancel?.()
      slot.resetDelay()
      delete slot.successor
      delete slot.worker
      for (const worker of outdated) if (worker !== undefined) this.#discard(worker, true)
    }
    for (const slot of [...this.slots]) this.#refill(slot) // a copy, because a slot may be removed here
  }

  /**
   * Changes the number of workers. The newest are removed first. Resolves when all added workers are ready,
   * and all removed ones have exited. An added worker that fails is not retried: the others keep serving.
   * @throws SHARED_PORT_ERR_WORKER_FAILED if an added one ends before it is ready
   * @throws the error of `spawn`
   */
  async scale (count: number): Promise<void> {
    const leaving = this.#slots.surplus(count)
    for (const slot of leaving) this.#remove(slot)
    const failures = this.#slots.add(count - this.slots.length, true)
      .map(slot => this.#refill(slot)).filter(failure => failure !== undefined)
    const joining = this.slots.filter(({ onTrial }) => onTrial) // some may be of an earlier call
    await Promise.all([
      ...leaving.flatMap(({ worker, successor }) => [worker, successor]).map(async worker => { if (worker !== undefined) await this.#isGone(worker) }),
      ...joining.map(async ({ worker }) => { if (worker !== undefined) await this.#becomesReady(worker) })
    ])
    if (failures[0] !== undefined) throw failures[0]
  }

  /** Ends all workers, and resolves when they have exited. */
  async stop (grace: number): Promise<void> {
    this.#startNoMore()
    for (const worker of this.workers) this.drain(worker, grace)
    if (this.#living.size > 0) await new Promise<void>(resolve => { this.#whenGone.push(resolve) })
  }

  /** Kills all workers at once. */
  kill (): void {
    this.#startNoMore()
    for (const worker of this.workers) worker.kill('SIGKILL')
  }

  /** To be called for every worker whose process has exited. After a `fatal` end nothing is started any more. */
  exited (worker: WorkerHandle, ending: Ending, fatal = false): void {
    const life = this.#living.get(worker)
    const readyAt = life?.readyAt
    const asked = (worker.state === 'draining' || this.#stopping || (worker.closed && ending.code === 0)) && !isForeignKill(worker, ending)
    const { emit, log } = this.#parts
    this.#living.delete(worker)
    logExit(log, worker, ending, { asked, fatal, ready: readyAt !== undefined })
    emit('worker-exit', { ...worker.asEvent, code: ending.code, signal: ending.signal, asked })
    if (fatal) this.#startNoMore()
    worker.state = 'exited'
    const slot = this.#slots.of(worker)
    const stays = this.#parts.onFailed !== undefined && readyAt === undefined
    // If a successor fails, or a worker on trial, the caller that asked for it gets the error.
    const crashed = !asked && !stays && slot?.worker === worker && !slot.onTrial
    if (crashed) {
      slot.crashes++
      this.crashes++
    }
    const failure = failureOf(worker, ending)
    if (crashed && !this.#stopping && this.#parts.restarts.add()) this.#crashLoop()
    if (slot !== undefined && slot.vacate(worker) && !this.#stopping) {
      if (stays) this.#parts.onFailed?.(failure)
      else if (slot.onTrial) this.#removeFailed(slot)
      else this.#replace(slot, { asked, readyAt })
    }
    life?.ended(this.#stopping && !fatal ? new ClosedError() : failure)
    if (this.#living.size > 0) return
    const waiting = this.#whenGone
    this.#whenGone = []
    for (const run of waiting) run()
  }

  #launch ({ place, crashes }: Slot): WorkerHandle {
    const { spawn, bootTimeout, emit, clock, log } = this.#parts
    const worker = spawn(this.generation, place)
    worker.restarts = crashes
    const life = new Life(clock)
    this.#living.set(worker, life)
    life.bootWithin(bootTimeout, () => { this.#bootTimedOut(worker) })
    log.debug({ event: 'worker-start', workerId: worker.id, workerPid: worker.pid }, 'worker %d is starting', worker.id)
    emit('worker-start', worker.asEvent)
    return worker
  }

  #fill (slot: Slot): void {
    slot.worker = this.#launch(slot)
  }

  #succeed (slot: Slot): void {
    const { worker: old, successor } = slot
    slot.cancel?.()
    slot.worker = successor as WorkerHandle
    delete slot.successor
    if (old !== undefined) this.#discard(old)
  }

  #replace (slot: Slot, { asked, readyAt }: Leaving): void {
    if (this.#stopping) return
    const { clock, log } = this.#parts
    const lived = readyAt === undefined ? 0 : clock.now() - readyAt
    const delay = slot.takeDelay(!asked || readyAt === undefined, lived)
    log.info({ event: 'worker-replace', delay }, 'starting a new worker in %d ms', delay)
    slot.cancel = clock.after(delay, () => { this.#refill(slot) })
  }

  /** Returns the error if the worker cannot be started. It is retried later, unless the slot is on trial. */
  #refill (slot: Slot): Error | undefined {
    try {
      this.#fill(slot)
      return undefined
    } catch (err) {
      this.#parts.log.error({ event: 'worker-start-error', err }, 'cannot start a worker: %s', (err as Error).message)
      if (slot.onTrial) this.#removeFailed(slot)
      else this.#replace(slot, { asked: false })
      return err as Error
    }
  }

  /** Removes a slot and ends its workers. */
  #remove (slot: Slot): void {
    this.#slots.remove(slot)
    slot.cancel?.()
    for (const worker of [slot.successor, slot.worker]) if (worker !== undefined) this.#discard(worker)
  }

  /** Removes a slot whose first worker has failed. */
  #removeFailed (slot: Slot): void {
    this.#remove(slot)
    this.#parts.log.warn({ event: 'scale-failed', workers: this.slots.length }, 'an added worker failed to start, and is not tried again: the server keeps %d workers', this.slots.length)
  }

  #crashLoop (): void {
    const { restarts: { limits }, onCrashLoop, log } = this.#parts
    log.fatal({ event: 'crash-loop', ...limits }, 'stopping the server: workers crashed more than %d times within %d ms (maxRestarts)', limits.count ?? 0, limits.within)
    this.#startNoMore()
    onCrashLoop()
  }

  #startNoMore (): void {
    this.#stopping = true
    for (const slot of this.slots) slot.cancel?.()
  }

  /** Drains a worker that is not wanted any more. */
  #discard (worker: WorkerHandle, hasty = false): void {
    const life = this.#living.get(worker)
    if (life !== undefined) life.abandoned = true
    this.drain(worker, this.#parts.grace, hasty)
  }

  async #becomesReady (worker: WorkerHandle): Promise<Outcome> {
    return await (this.#living.get(worker) as Life).becomesReady()
  }

  async #isGone (worker: WorkerHandle): Promise<void> {
    await this.#living.get(worker)?.isGone()
  }

  #bootTimedOut (worker: WorkerHandle): void {
    const { bootTimeout, log } = this.#parts
    const reason = worker.checking ? 'its readyCheck has not finished' : 'the app is not listening yet'
    const verdict = new BootTimeoutError(worker.id, bootTimeout, reason, { cause: worker.failure })
    log.error({ event: 'boot-timeout', workerId: worker.id, workerPid: worker.pid, bootTimeout }, 'killing worker %d: not ready after %d ms (bootTimeout): %s', worker.id, bootTimeout, reason)
    this.killWorker(worker, verdict)
  }

  #graceIsOver (worker: WorkerHandle): void {
    this.#parts.log.warn({ event: 'worker-kill', workerId: worker.id, workerPid: worker.pid }, 'killing worker %d: it did not exit in time', worker.id)
    this.killWorker(worker)
  }

  /** Kills one worker, when there is no other way left. */
  killWorker (worker: WorkerHandle, verdict?: Error): void {
    const { id, pid } = worker
    worker.verdict ??= verdict
    this.#living.get(worker)?.endBoot()
    // Logged now, because without their parent nothing else shows which worker started these processes.
    const children = pid === undefined ? undefined : descendants(pid)
    if (children !== undefined && children.processes.length > 0) {
      this.#parts.log.warn({ event: 'worker-children', workerId: id, workerPid: pid, children: children.processes }, 'killing worker %d leaves child processes running: %s', id, listed(children))
    }
    worker.kill('SIGKILL')
  }
}
