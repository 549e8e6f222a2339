import { inspect } from 'node:util'
import type { Emit } from '../insight/events.js'
import { countCpus } from '../../platform/cpus.js'
import type { Clock } from '../../platform/clock.js'
import type { SafeLog } from '../../fastify/safe-log.js'
import type { Ack, Lane, Returned, ReturnReason } from '../../lane.js'
import type { Options } from '../../options/options.js'
import { isToPrimary, type Pulse, receive, type ToPrimary, type ToWorker } from '../../protocol.js'
import { Development } from './development.js'
import type { Ending, Fork } from './fork.js'
import { LaneWatch } from './lane-watch.js'
import { Liveness } from './liveness.js'
import { Recycling } from './recycling.js'
import { Reload } from './reload.js'
import { Restarts } from './restarts.js'
import { SlotRestart } from './slot-restart.js'
import { Supervisor } from './supervisor.js'
import { TicketKeys } from './ticket-keys.js'
import { WorkerHandle } from './worker-handle.js'

export interface WorkforceParts {
  options: Options
  lane: Lane
  fork: Fork
  /** The app's code changes, and may be broken: see {@link Workforce.restart}. */
  development: boolean
  /** The slot whose workers open their inspector. */
  inspectedSlot: number | undefined
  /** Whether the workers may be blocked because the process that reads their output does not. */
  outputWaits (): boolean
  /** Called after too many crashes: no worker is started any more, and everything has to stop. */
  onCrashLoop (): void
  /** Called when no more connections may be sent to the worker, for any key. */
  retire (worker: WorkerHandle): void
  /** In development: answers every connection with this failure from now on. Undefined: connections wait again. */
  refuse (failure: Error | undefined): void
  onMessage (worker: WorkerHandle, message: ToPrimary): void
  onAck (worker: WorkerHandle, ack: Ack): void
  onReturned (worker: WorkerHandle, key: string, reason: ReturnReason, returned: readonly Returned[]): void
  /** The worker is blocked, and requests wait on its kept connections. */
  onWant (worker: WorkerHandle): void
  /** Called when its process has exited. Must call {@link Workforce.exited}. */
  onExit (worker: WorkerHandle, ending: Ending): void
  /** Whether a stop has begun, or been announced. */
  stopping (): boolean
  /** Whether a stop has begun. */
  stopsNow (): boolean
  emit: Emit
  clock: Clock
  log: SafeLog
}

/** The workers, from fork to exit. Wires the parts that start, watch, replace and end them. */
export class Workforce {
  readonly supervisor: Supervisor
  readonly reloads: Reload
  readonly slotRestarts: SlotRestart
  readonly ticketKeys: TicketKeys
  readonly #parts: WorkforceParts
  readonly #development: Development | undefined
  readonly #recycling: Recycling
  readonly #liveness: Liveness
  readonly #laneWatch: LaneWatch

  constructor (parts: WorkforceParts) {
    const { options, outputWaits, onCrashLoop, emit, clock, log } = parts
    this.#parts = parts
    this.supervisor = new Supervisor({
      count: this.#countWorkers(),
      grace: options.grace,
      bootTimeout: options.bootTimeout,
      spawn: (generation, place) => this.#spawn(generation, place),
      retire: (worker, grace, hasty) => { this.retire(worker, grace, hasty) },
      onFailed: parts.development ? failure => { this.#development?.failed(failure) } : undefined,
      restarts: new Restarts(options.maxRestarts, clock),
      onCrashLoop,
      emit,
      clock,
      log
    })
    this.reloads = new Reload({
      concurrency: options.reload.concurrency,
      nextGeneration: () => ++this.supervisor.generation,
      slots: () => this.supervisor.slots,
      renew: async (slot, wanted) => await this.supervisor.renew(slot, wanted),
      abandon: slot => { this.supervisor.abandon(slot) },
      emit,
      log
    })
    this.slotRestarts = new SlotRestart({
      slots: () => this.supervisor.slots,
      renew: async slot => await this.supervisor.renew(slot),
      reloading: () => this.reloads.running,
      log
    })
    if (parts.development) this.#development = this.#createDevelopment()
    this.#recycling = new Recycling({
      limits: options.recycle,
      slots: () => this.supervisor.slots,
      renew: async slot => await this.supervisor.renew(slot),
      reloading: () => this.reloads.running,
      random: Math.random,
      clock,
      log
    })
    this.#liveness = new Liveness({
      timeout: options.livenessTimeout,
      hung: worker => { this.supervisor.killWorker(worker) },
      held: outputWaits,
      whenRead: setImmediate,
      emit,
      clock,
      log
    })
    this.#laneWatch = new LaneWatch({
      timeout: options.livenessTimeout,
      lost: (worker, patience) => { this.broken(worker, new Error(`it has not acknowledged connections for ${patience} ms, although its event loop is running`)) },
      whenRead: setImmediate
    })
    this.ticketKeys = new TicketKeys({ lifetime: options.ticketLifetime, changed: () => { this.tell({ type: 'ticket-keys', ticketKeys: this.ticketKeys.all }) }, clock, log })
  }

  get all (): WorkerHandle[] {
    return this.supervisor.workers
  }

  /** Whether the condition holds for a worker in every slot. */
  readonly everySlot = (holds: (worker: WorkerHandle) => boolean): boolean => this.supervisor.everySlot(holds)

  /** @throws the error of `fork`; the workers that were started before it stay */
  start (): void {
    this.ticketKeys.start()
    this.supervisor.start()
  }

  /** Lets every worker finish its connections, and resolves when all have exited. */
  async stop (grace: number): Promise<void> {
    for (const worker of this.all.filter(({ state }) => state === 'draining')) this.retire(worker, grace, false)
    await this.supervisor.stop(grace)
  }

  /** To be called when all have exited. Stops the timers. */
  end (): void {
    this.#liveness.stop()
    this.ticketKeys.stop()
  }

  /**
   * In development: replaces every worker because these files have changed. Connections wait until the new
   * ones are ready.
   */
  restart (changed: readonly string[]): void {
    this.#development?.restart(changed)
  }

  tell (message: ToWorker): void {
    for (const worker of this.all) worker.tell(message)
  }

  /** Takes the worker out of the schedule, and tells it to drain as soon as it has acked everything. */
  retire (worker: WorkerHandle, grace: number, hasty: boolean): void {
    this.#parts.retire(worker)
    worker.whenSettled(() => { worker.tell({ type: 'drain', grace, hasty, prompt: this.#parts.stopsNow() }) })
  }

  /** Called when the worker serves every port. */
  ready (worker: WorkerHandle): void {
    const replaces = this.supervisor.slots.some(({ successor }) => successor === worker)
    this.supervisor.ready(worker)
    // The worker that it replaces returns its connections. If there is none, it gets a share of all.
    if (!replaces) for (const other of this.all) if (other !== worker && other.state === 'ready') other.tell({ type: 'share' })
    this.#development?.ready()
    this.#liveness.watch(worker)
    this.#recycling.ready(worker)
    if (this.#parts.stopping()) worker.tell({ type: 'stopping' })
  }

  pulse (worker: WorkerHandle, pulse: Pulse): void {
    worker.pulse(pulse, this.#parts.clock.now())
    this.#liveness.pulse(worker)
    this.#laneWatch.pulse(worker)
  }

  /** To be called after each pulse: replaces a worker that is over a limit. */
  recycle (): void {
    if (!this.#parts.stopping()) this.#recycling.check()
  }

  /**
   * Handles a worker's report about its inspector. While the inspector is open, a debugger may hold the
   * worker, so its boot timeout is cancelled.
   */
  inspecting (worker: WorkerHandle, url: string | undefined): void {
    const { id: workerId, pid: workerPid, place } = worker
    const { inspectedSlot, log } = this.#parts
    if (place !== inspectedSlot) return this.broken(worker, new Error('it opened an inspector, but is not the worker to inspect'))
    if (url !== undefined) this.supervisor.endBoot(worker)
    if (url === undefined) log.info({ event: 'inspect', workerId, workerPid }, 'worker %d opens its inspector when the previous worker has closed its own', workerId)
    else log.info({ event: 'inspect', workerId, workerPid, url }, 'worker %d can be debugged at %s', workerId, url)
  }

  /** Called when the worker wants no more connections. */
  leave (worker: WorkerHandle): void {
    if (!this.stopsWith(worker)) this.supervisor.drain(worker)
  }

  /** Whether a stop has begun that will drain this worker too, after the pending connections have been dealt. */
  stopsWith (worker: WorkerHandle): boolean {
    return this.#parts.stopping() && worker.state !== 'draining'
  }

  /**
   * Kills a worker to which nothing can be sent, or whose messages are invalid: it would keep its un-acked
   * connections for ever.
   */
  broken (worker: WorkerHandle, err: Error): void {
    if (worker.verdict !== undefined) return // it is already being killed, with a reason in the log
    if (worker.killed) return // it may send anything until it has exited
    this.#parts.log.error({ event: 'lane-error', workerId: worker.id, workerPid: worker.pid, err }, 'killing worker %d, its connection to the primary is broken: %s', worker.id, err.message)
    this.#parts.retire(worker)
    this.supervisor.killWorker(worker, err)
  }

  /** @param fatal whether nothing is started any more */
  exited (worker: WorkerHandle, ending: Ending, fatal: boolean): void {
    this.#liveness.forget(worker)
    this.supervisor.exited(worker, ending, fatal)
  }

  #countWorkers (): number {
    const { options: { workers }, log } = this.#parts
    if (workers !== 'auto') return workers
    const { count, source } = countCpus()
    log.info({ event: 'workers', workers: count, source }, 'starting %d %s (%s)', count, count === 1 ? 'worker' : 'workers', source)
    return count
  }

  #spawn (generation: number, place: number): WorkerHandle {
    const { lane, fork, clock, onAck, onReturned, onWant, onExit } = this.#parts
    const wire = lane.createWire({
      onAck: ack => { onAck(worker, ack) },
      onBroken: err => { this.broken(worker, err) },
      onReturned: (key, reason, returned) => { onReturned(worker, key, reason, returned) },
      onWant: () => { onWant(worker) }
    })
    const child = fork({ primary: process.pid, generation, slot: place, lane: lane.name }, wire.inherited)
    const worker = new WorkerHandle(generation, child, wire, place, clock.now())
    wire.start(child.channel)
    const ignore = receive<ToPrimary>(child.channel, message => { this.#onMessage(worker, message) })
    child.onDisconnect(() => { this.#unreachable(worker) })
    child.onBroken(err => { this.broken(worker, err) })
    child.onExit(ending => {
      ignore()
      onExit(worker, ending)
    })
    return worker
  }

  #onMessage (worker: WorkerHandle, message: ToPrimary): void {
    if (isToPrimary(message)) this.#parts.onMessage(worker, message)
    else this.broken(worker, new Error(`it sent an invalid message: ${inspect(message, { depth: 1, breakLength: Infinity })}`))
  }

  /**
   * Called when its channel is closed, because it has exited or has disconnected. In the second case it
   * drains by itself.
   */
  #unreachable (worker: WorkerHandle): void {
    this.#parts.retire(worker)
    this.#liveness.forget(worker)
    if (worker.state !== 'draining') this.supervisor.expectExit(worker)
  }

  #createDevelopment (): Development {
    return new Development({
      nextGeneration: () => ++this.supervisor.generation,
      restart: () => { this.supervisor.restart() },
      hasWorkers: () => this.supervisor.slots.some(({ worker, successor }) => worker !== undefined || successor !== undefined),
      refuse: failure => { this.#parts.refuse(failure) },
      log: this.#parts.log
    })
  }
}
