import { inspect } from 'node:util'
import { countCpus } from './platform/cpus.js'
import { ClosedError, NotRunningError } from './errors.js'
import { type Ack, type Lane, openLane } from './lane.js'
import { KeyNames, type ListenTarget } from './fastify/listen-target.js'
import type { Options } from './options/options.js'
import { outageAnswer } from './primary/ports/outage-answer.js'
import { openPort } from './primary/ports/open-port.js'
import { AppMetrics, type MetricsListener } from './primary/insight/app-metrics.js'
import { type Clock, systemClock } from './platform/clock.js'
import { Development } from './primary/workers/development.js'
import { failureOf } from './primary/workers/ending.js'
import type { Emit } from './primary/insight/events.js'
import type { Ending, Fork } from './primary/workers/fork.js'
import type { Identity } from './primary/workers/identity.js'
import { LaneWatch } from './primary/workers/lane-watch.js'
import { bind, type Bound } from './primary/ports/listener.js'
import { Liveness } from './primary/workers/liveness.js'
import { Overview } from './primary/insight/overview.js'
import type { Port } from './primary/ports/port.js'
import { Ports } from './primary/ports/ports.js'
import { Recycling } from './primary/workers/recycling.js'
import { Reload } from './primary/workers/reload.js'
import { Restarts } from './primary/workers/restarts.js'
import { Saturation } from './primary/insight/saturation.js'
import { isStopSignal } from './primary/process/signals.js'
import { Stalls } from './primary/insight/stalls.js'
import { Supervisor } from './primary/workers/supervisor.js'
import { TakeBack } from './primary/dealing/take-back.js'
import { TicketKeys } from './primary/workers/ticket-keys.js'
import { Totals } from './primary/insight/totals.js'
import { WorkerHandle } from './primary/workers/worker-handle.js'
import { fromNotice } from './error-notice.js'
import { isToPrimary, type Pulse, receive, type ToPrimary } from './protocol.js'
import type { SafeLog } from './fastify/safe-log.js'

/** Milliseconds by which a signal that was sent to all processes may come to this one later than a worker's exit of it. */
const SIGNAL_DELAY = 100

export interface PrimaryParts {
  options: Options
  log: SafeLog
  fork: Fork
  /** As whom the workers run: a socket file becomes theirs. */
  identity?: Identity
  emit: Emit
  /** There were too many crashes: no worker is started any more, and all is to end. */
  onCrashLoop (): void
  /** The app's code changes, and may be broken: see {@link Primary.restart}. */
  development?: boolean
  /** The slot whose workers open their inspector. */
  inspectedSlot?: number | undefined
  /** Whether the workers may wait, in the middle of what they do, for who reads what they write. */
  outputWaits? (): boolean
  clock?: Clock
}

/** What listen() resolves with: the key, and the names that it is bound to. */
export type Listening = Pick<Port, 'key' | 'names'>

/**
 * The process that holds the ports:
 *
 *     kernel ─accept→ lane ─→ handoff ─next()→ scheduler
 *                               │ send (keeps its copy)
 *                               ▼
 *                       one wire per worker
 */
export class Primary {
  readonly options: Options
  readonly overview: Overview
  readonly #log: SafeLog
  readonly #fork: Fork
  readonly #clock: Clock
  readonly #emit: Emit
  readonly #inspectedSlot: number | undefined
  readonly #lane: Lane
  readonly #supervisor: Supervisor
  readonly #reload: Reload
  readonly #development: Development | undefined
  readonly #recycling: Recycling
  readonly #liveness: Liveness
  readonly #laneWatch: LaneWatch
  readonly #stalls: Stalls
  readonly #saturation: Saturation
  readonly #takeBack: TakeBack | undefined
  readonly #ticketKeys: TicketKeys
  readonly #keyNames = new KeyNames()
  readonly #ports: Ports
  readonly #appMetrics = new AppMetrics()
  readonly #totals = new Totals()
  /** The calls of listen() that wait for the workers. */
  readonly #waiting = new Map<Port, { resolve: () => void, reject: (err: Error) => void }>()
  #logLevel: string | undefined
  #started = false
  /** Every call of listen() has been served once: what fails from now on takes nobody along. */
  #up = false
  #failed = false
  #announced = false
  #stopping: Promise<void> | undefined
  #stopped = false

  constructor ({ options, log, fork, identity = {}, emit, onCrashLoop, development = false, inspectedSlot, outputWaits = () => false, clock = systemClock }: PrimaryParts) {
    this.options = options
    this.#log = log
    this.#fork = fork
    this.#clock = clock
    this.#emit = emit
    this.#inspectedSlot = inspectedSlot
    this.#lane = openLane(options.lane, log)
    this.#ports = new Ports({ bind: async target => await bind(target, { mode: options.socketMode, ...identity }), create: this.#createPort, ticketKeys: () => this.#ticketKeys.all, logLevel: () => this.#logLevel, measured: () => this.#appMetrics.wanted, clock, log })
    this.#supervisor = new Supervisor({
      count: this.#countWorkers(),
      grace: options.grace,
      bootTimeout: options.bootTimeout,
      spawn: (generation, place) => this.#spawn(generation, place),
      retire: (worker, grace, hasty) => { this.#retire(worker, grace, hasty) },
      onFailed: development ? failure => { this.#development?.failed(failure) } : undefined,
      restarts: new Restarts(options.maxRestarts, clock),
      onCrashLoop,
      emit,
      clock,
      log
    })
    this.#reload = new Reload({
      concurrency: options.reload.concurrency,
      nextGeneration: () => ++this.#supervisor.generation,
      slots: () => this.#supervisor.slots,
      renew: async (slot, wanted) => await this.#supervisor.renew(slot, wanted),
      abandon: slot => { this.#supervisor.abandon(slot) },
      emit,
      log
    })
    if (development) this.#development = this.#createDevelopment()
    this.#recycling = new Recycling({
      limits: options.recycle,
      slots: () => this.#supervisor.slots,
      renew: async slot => await this.#supervisor.renew(slot),
      reloading: () => this.#reload.running,
      random: Math.random,
      clock,
      log
    })
    this.#liveness = new Liveness({
      timeout: options.livenessTimeout,
      hung: worker => { this.#supervisor.killWorker(worker) },
      held: outputWaits,
      whenRead: setImmediate,
      emit,
      clock,
      log
    })
    this.#laneWatch = new LaneWatch({
      timeout: options.livenessTimeout,
      lost: (worker, patience) => { this.#onBroken(worker, new Error(`it has not acked what it was sent, though its event loop has turned for ${patience} ms since`)) },
      whenRead: setImmediate
    })
    this.#stalls = new Stalls({ clock, log })
    this.#saturation = new Saturation({ limits: options.saturation, log })
    this.#ticketKeys = new TicketKeys({ lifetime: options.ticketLifetime, changed: () => { this.#tellTicketKeys() }, clock, log })
    this.overview = new Overview({
      options,
      lane: this.#lane.name,
      supervisor: this.#supervisor,
      ports: this.#ports,
      reload: this.#reload,
      totals: this.#totals,
      stopping: () => this.stopping,
      clock
    })
    if (this.#lane.takesBack && options.takeBackAfter > 0) this.#takeBack = this.#createTakeBack()
  }

  /** Whether it has ended everything that it began. */
  get stopped (): boolean {
    return this.#stopped
  }

  /** Whether it has begun to start workers. */
  get started (): boolean {
    return this.#started
  }

  /** Whether a worker failed on the first start. */
  get failed (): boolean {
    return this.#failed
  }

  /** Whether a stop has begun, or been announced. */
  get stopping (): boolean {
    return this.#announced || this.#stopping !== undefined
  }

  /** The name of the next call of listen(): the same in every process that runs the same calls. */
  nextKey (target: ListenTarget, place: number): string {
    return this.#keyNames.next(target, place)
  }

  /**
   * Binds, and resolves when every worker serves what is bound; in development, when the workers start.
   * @throws Node's own error of a bind that fails; nothing is left behind
   * @throws SHARED_PORT_ERR_WORKER_FAILED with the worker's error as its cause; everything is stopped then
   * @throws SHARED_PORT_ERR_CLOSED when the primary was closed meanwhile
   */
  async listen (key: string, target: ListenTarget): Promise<Listening> {
    const port = await this.#ports.add(key, target)
    if (!this.#started) await this.#start()
    if (this.#development !== undefined) {
      this.#up = true // whatever becomes of them
      return port
    }
    await new Promise<void>((resolve, reject) => {
      this.#waiting.set(port, { resolve, reject })
      this.#checkServed()
    })
    return port
  }

  /** Stops accepting for one key and lets its connections finish. With the last key the workers end too. */
  async close (key: string): Promise<void> {
    const port = this.#ports.of(key)
    if (port === undefined) return this.#ports.fail(key, new ClosedError()) // should it still be binding
    port.closing ??= this.#close(port)
    await port.closing
  }

  /** Whether listen() has been served, and a stop has something to let finish. */
  get up (): boolean {
    return this.#up
  }

  /** Tells everybody that a stop will come; until then all goes on as before. */
  announceStop (): void {
    this.#announced = true
    this.#emit('draining')
    this.#log.info({ event: 'stop-announced', closeDelay: this.options.closeDelay }, 'stopping in %d ms: connections are served until then', this.options.closeDelay)
    for (const worker of this.#supervisor.workers) worker.tell({ type: 'stopping' })
  }

  /** Stops accepting, lets every worker finish what it has within grace, and resolves when all are gone. */
  async stop (): Promise<void> {
    this.#stopping ??= this.#stop()
    await this.#stopping
  }

  /**
   * Replaces every worker, each new one ready before the old one drains; resolves when the old ones are gone.
   * @throws SHARED_PORT_ERR_WORKER_FAILED what a new worker failed of: the old ones that are left stay
   * @throws SHARED_PORT_ERR_NOT_RUNNING before the workers are up, and when they stop
   */
  async reload (): Promise<void> {
    this.#assertRunning('reload()')
    await this.#reload.run()
  }

  /** In development: replaces every worker, since these files have changed; connections wait until the new ones are ready. */
  restart (changed: readonly string[]): void {
    if (this.#up && !this.stopping) this.#development?.restart(changed)
  }

  /**
   * Keeps so many workers from now on; resolves when the new ones are ready and those that leave are gone.
   * @throws SHARED_PORT_ERR_WORKER_FAILED what a new worker failed of: the others are kept, without it
   * @throws SHARED_PORT_ERR_NOT_RUNNING before the workers are up, and when they stop
   */
  async scale (count: number): Promise<void> {
    this.#assertRunning('scale()')
    this.#log.info({ event: 'scale', workers: count, before: this.workerCount }, 'scaling from %d to %d %s', this.workerCount, count, count === 1 ? 'worker' : 'workers')
    const scaled = this.#supervisor.scale(count)
    this.#checkServed() // a slot that went may have been the one that was waited for
    await scaled
  }

  /** Of the workers that start from now on. */
  get generation (): number {
    return this.#supervisor.generation
  }

  /** How many workers it keeps. */
  get workerCount (): number {
    return this.#supervisor.slots.length
  }

  #assertRunning (what: string): void {
    if (!this.#up || this.stopping) throw new NotRunningError(what)
  }

  /** Tells the workers how much is logged from now on, those that start later too. */
  setLogLevel (level: string): void {
    this.#logLevel = level
    for (const worker of this.#supervisor.workers) worker.tell({ type: 'log-level', level })
  }

  /** Ends everything at once. */
  kill (): void {
    this.#supervisor.kill()
  }

  /** Asks the workers what their apps measure; resolves with how many have not answered within so many milliseconds. */
  async askForMetrics (patience: number): Promise<number> {
    return await this.#appMetrics.ask(this.#supervisor.workers.filter(({ state }) => state !== 'starting'), patience)
  }

  /** `listener` hears what the workers' apps measure. */
  onMetrics (listener: MetricsListener): void {
    this.#appMetrics.listener = listener
  }

  async #start (): Promise<void> {
    this.#started = true
    this.#ticketKeys.start()
    try {
      this.#supervisor.start()
    } catch (err) {
      await this.stop()
      throw err
    }
  }

  // Ports, from bind to the last connection.

  readonly #createPort = (key: string, bound: Bound[], { backlog }: ListenTarget): Port => openPort(key, bound, backlog, {
    options: this.options,
    lane: this.#lane,
    pending: () => this.#ports.all.reduce((sum, { handoff }) => sum + handoff.pending, 0),
    onSent: () => { this.#takeBack?.watch() },
    onCredit: () => { this.#deal(key) },
    emit: this.#emit,
    clock: this.#clock,
    log: this.#log
  })

  async #close (port: Port): Promise<void> {
    port.closed = true
    if (this.#stopping !== undefined || this.#ports.open.length === 0) await this.stop()
    else await this.#finish(port)
    this.#waiting.get(port)?.reject(new ClosedError())
    this.#waiting.delete(port)
  }

  async #finish (port: Port): Promise<void> {
    const deadline = this.#clock.now() + this.options.grace
    await this.#shut(port, deadline)
    for (const worker of port.servers) {
      port.handoff.remove(worker)
      worker.whenSettled(() => { worker.tell({ type: 'drain', key: port.key, grace: this.#until(deadline), prompt: true }) })
    }
    await port.unserved()
    port.handoff.close()
  }

  async #stop (): Promise<void> {
    const deadline = this.#clock.now() + this.options.grace
    if (!this.#announced) this.#emit('draining')
    this.#ports.end()
    const ports = this.#ports.all
    this.#log.info({ event: 'stop' }, 'stopping: no more connections are accepted')
    await Promise.all(ports.map(async port => { await this.#shut(port, deadline) }))
    for (const worker of this.#supervisor.workers.filter(({ state }) => state === 'draining')) this.#retire(worker, this.#until(deadline), false)
    await this.#supervisor.stop(this.#until(deadline))
    for (const port of ports) port.handoff.close()
    this.#takeBack?.stop()
    this.#liveness.stop()
    this.#ticketKeys.stop()
    this.#stopped = true
    this.#log.info({ event: 'stopped' }, 'stopped')
  }

  /** Accepts nothing more; resolves when what had been accepted is with a worker, at the deadline at the latest. */
  async #shut (port: Port, deadline: number): Promise<void> {
    await port.shut()
    let cancel: (() => void) | undefined
    await Promise.race([
      port.handoff.dealt(),
      new Promise<void>(resolve => { cancel = this.#clock.after(this.#until(deadline), resolve) })
    ])
    cancel?.()
  }

  #until (deadline: number): number {
    return Math.max(0, Math.round(deadline - this.#clock.now()))
  }

  /** Ends the calls of listen() whose port every worker serves by now. */
  #checkServed (): void {
    for (const [port, { resolve }] of this.#waiting) {
      if (!this.#supervisor.everySlot(worker => port.serves(worker))) continue
      this.#waiting.delete(port)
      resolve()
    }
    this.#up ||= this.#waiting.size === 0
  }

  // Workers, from fork to exit.

  #countWorkers (): number {
    const { workers } = this.options
    if (workers !== 'auto') return workers
    const { count, source } = countCpus()
    this.#log.info({ event: 'workers', workers: count, source }, 'workers: %d, by %s', count, source)
    return count
  }

  #spawn (generation: number, place: number): WorkerHandle {
    const wire = this.#lane.createWire({
      onAck: ack => { this.#onAck(worker, ack) },
      onBroken: err => { this.#onBroken(worker, err) }
    })
    const child = this.#fork({ primary: process.pid, generation, slot: place, lane: this.#lane.name }, wire.inherited)
    const worker = new WorkerHandle(generation, child, wire, place, this.#clock.now())
    wire.start(child.channel)
    const ignore = receive<ToPrimary>(child.channel, message => { this.#onMessage(worker, message) })
    child.onDisconnect(() => { this.#unreachable(worker) })
    child.onBroken(err => { this.#onBroken(worker, err) })
    child.onExit(ending => {
      ignore()
      this.#onExit(worker, ending)
    })
    return worker
  }

  #onMessage (worker: WorkerHandle, message: ToPrimary): void {
    if (!isToPrimary(message)) return this.#onBroken(worker, new Error(`it sent what is no message: ${inspect(message, { depth: 1, breakLength: Infinity })}`))
    switch (message.type) {
      case 'attach': return this.#ports.attach(worker, message.key)
      case 'listening': return this.#joined(worker, message.key, message.plain)
      case 'leave': return this.#leave(worker, message.key)
      case 'closed': return this.#closed(worker, message.key)
      case 'open': return this.#onOpen(worker, message)
      case 'pulse': return this.#onPulse(worker, message)
      case 'checking': worker.checking = true; return
      case 'inspecting': return this.#inspecting(worker, message.url)
      case 'stats': return worker.tell({ type: 'stats', id: message.id, stats: this.overview.stats() })
      case 'metrics': return this.#appMetrics.answered(worker, message)
      case 'failed': worker.failure = fromNotice(message.error); return
      case 'survived': worker.failure = undefined
    }
  }

  /** Where its inspector is open, a debugger may hold it while it boots, for as long as it takes. */
  #inspecting (worker: WorkerHandle, url: string | undefined): void {
    const { id: workerId, pid: workerPid, place } = worker
    if (place !== this.#inspectedSlot) return this.#onBroken(worker, new Error('it says that it is inspected, and is not to be'))
    if (url !== undefined) this.#supervisor.endBoot(worker)
    if (url === undefined) this.#log.info({ event: 'inspect', workerId, workerPid }, 'worker %d is inspected as soon as the inspector of the one before it is closed', workerId)
    else this.#log.info({ event: 'inspect', workerId, workerPid, url }, 'worker %d is inspected at %s', workerId, url)
  }

  #joined (worker: WorkerHandle, key: string, plain: boolean): void {
    if (worker.state === 'draining') return
    worker.checking = false
    const port = this.#ports.of(key)
    const served = port?.serves(worker) ?? false
    if (port !== undefined) port.answerable = plain
    port?.join(worker)
    if (port?.serves(worker) === true && !served) worker.listening(port.names)
    if (worker.state === 'starting' && this.#ports.open.every(port => port.serves(worker))) this.#ready(worker)
    this.#checkServed()
  }

  #ready (worker: WorkerHandle): void {
    this.#supervisor.ready(worker)
    this.#development?.ready()
    this.#liveness.watch(worker)
    this.#recycling.ready(worker)
    if (this.stopping) worker.tell({ type: 'stopping' })
  }

  #onPulse (worker: WorkerHandle, pulse: Pulse): void {
    worker.pulse(pulse, this.#clock.now())
    this.#liveness.pulse(worker)
    this.#laneWatch.pulse(worker)
    this.#saturation.pulse(worker)
    if (pulse.stall !== undefined) this.#stalls.add(worker, pulse.stall)
    if (!this.stopping) this.#recycling.check()
  }

  #onOpen (worker: WorkerHandle, { count, taken }: Extract<ToPrimary, { type: 'open' }>): void {
    worker.report(count, taken)
    // One that was full may have room again, which no ack tells.
    if (this.options.maxConnectionsPerWorker !== undefined) for (const { handoff } of this.#ports.all) handoff.deal()
  }

  #tellTicketKeys (): void {
    for (const worker of this.#supervisor.workers) worker.tell({ type: 'ticket-keys', ticketKeys: this.#ticketKeys.all })
  }

  /** The worker wants nothing more, for one key or at all. */
  #leave (worker: WorkerHandle, key: string | undefined): void {
    if (key === undefined) return this.#isStoppingWith(worker) ? undefined : this.#supervisor.drain(worker)
    this.#ports.of(key)?.handoff.remove(worker)
    worker.whenSettled(() => { worker.tell({ type: 'left', key }) })
  }

  #closed (worker: WorkerHandle, key: string): void {
    this.#ports.of(key)?.left(worker)
    worker.closed = !this.#ports.open.some(port => port.serves(worker))
  }

  /** Whether a stop has begun that comes to this worker when what is pending has gone to it and the others. */
  #isStoppingWith (worker: WorkerHandle): boolean {
    return this.stopping && worker.state !== 'draining'
  }

  #retire (worker: WorkerHandle, grace: number, hasty: boolean): void {
    this.#ports.retire(worker)
    worker.whenSettled(() => { worker.tell({ type: 'drain', grace, hasty, prompt: this.#stopping !== undefined }) })
  }

  /** Its channel is closed, by its exit or by itself: in the second case it drains on its own. */
  #unreachable (worker: WorkerHandle): void {
    this.#ports.retire(worker)
    this.#liveness.forget(worker)
    if (worker.state !== 'draining') this.#supervisor.expectExit(worker)
  }

  #onAck (worker: WorkerHandle, ack: Ack): void {
    const frame = worker.settle(ack)
    if (frame === undefined) return this.#onBroken(worker, new Error(`it acked what it was not sent: frame ${ack.number}, ${ack.refused.length} of its connections refused`))
    if (frame.connections.length > 0) this.#totals.acked(this.#clock.now() - frame.sentAt)
    if (ack.leaving && !this.#isStoppingWith(worker)) this.#ports.retire(worker)
    this.#ports.of(frame.key)?.handoff.settle(worker, frame, ack)
    this.#deal(frame.key)
  }

  /** Nothing can be sent to it, or nothing that it says can be believed: it would keep for ever what it has un-acked. */
  #onBroken (worker: WorkerHandle, err: Error): void {
    if (worker.verdict !== undefined) return // it is being killed, and the log says why
    if (worker.killed) return // what it says until it has ended
    this.#log.error({ event: 'lane-error', workerId: worker.id, workerPid: worker.pid, err }, 'worker %d has broken its lane, and is killed', worker.id)
    this.#ports.retire(worker)
    this.#supervisor.killWorker(worker, err)
  }

  /** The worker that has credit again is offered to the other keys first: one that is flooded starves none. */
  #deal (last: string): void {
    for (const { key, handoff } of this.#ports.all) if (key !== last) handoff.deal()
    this.#ports.of(last)?.handoff.deal()
  }

  #createDevelopment (): Development {
    return new Development({
      nextGeneration: () => ++this.#supervisor.generation,
      restart: () => { this.#supervisor.restart() },
      hasWorkers: () => this.#supervisor.slots.some(({ worker, successor }) => worker !== undefined || successor !== undefined),
      refuse: failure => {
        const outage = failure && outageAnswer(failure)
        for (const { handoff } of this.#ports.open) handoff.refuse(outage)
      },
      log: this.#log
    })
  }

  #createTakeBack (): TakeBack {
    const { policy, takeBackAfter, stickyWait } = this.options
    return new TakeBack({
      patience: policy === 'sticky' ? Math.max(takeBackAfter, stickyWait) : takeBackAfter,
      workers: () => this.#supervisor.workers,
      wanted: (worker, frame) => this.#ports.of(frame.key)?.handoff.wants(worker, frame) ?? false,
      returned: (worker, frame) => { this.#ports.of(frame.key)?.handoff.takenBack(worker, frame) },
      clock: this.#clock
    })
  }

  #onExit (worker: WorkerHandle, ending: Ending): void {
    const unserved = this.#stopping !== undefined || worker.state === 'draining'
      ? []
      : [...this.#waiting.keys()].filter(port => !port.serves(worker))
    const fatal = unserved.length > 0 && !this.#up
    const open = worker.end()
    this.#totals.add(worker)
    this.#appMetrics.forget(worker)
    this.#liveness.forget(worker)
    this.#stalls.forget(worker)
    this.#ports.forget(worker)
    this.#totals.reclaimed += open?.untaken.length ?? 0
    if (open !== undefined) this.#ports.of(open.frame.key)?.handoff.reclaim(worker, open.frame, open.untaken)
    this.#supervisor.exited(worker, ending, fatal)
    if (fatal) return this.#failUnlessStopped(worker, ending)
    if (ending.signal === null) for (const port of unserved) this.#failPort(port, failureOf(worker, ending))
    this.#checkServed() // its slot may have gone with it, which was waited for
  }

  /** On the first start a worker that fails is the app's fault, and would fail again: everything ends. */
  #failUnlessStopped (worker: WorkerHandle, ending: Ending): void {
    if (!isStopSignal(ending.signal)) return this.#fail(failureOf(worker, ending))
    // The signal was sent to all processes, and this one hears of it later than of the worker's exit.
    this.#clock.after(SIGNAL_DELAY, () => { if (this.#stopping === undefined) this.#fail(failureOf(worker, ending)) })
  }

  #fail (err: Error): void {
    this.#failed = true
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const port of this.#ports.all) {
      port.shut()
      port.handoff.close() // nobody will ever serve what waits
    }
    this.stop().finally(() => {
      for (const { reject } of waiting) reject(err)
    })
  }

  /** A call of listen() that a worker fails at when others are served already: theirs go on. */
  #failPort (port: Port, err: Error): void {
    const waiting = this.#waiting.get(port)
    this.#waiting.delete(port)
    this.close(port.key).finally(() => { waiting?.reject(err) })
  }
}
