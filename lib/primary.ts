import { closeSync } from 'node:fs'
import { ClosedError, NotRunningError } from './errors.js'
import { fromNotice } from './error-notice.js'
import { type Ack, type Handed, type Handover, type Lane, openLane, type Returned, type ReturnReason } from './lane.js'
import { KeyNames, type ListenTarget } from './fastify/listen-target.js'
import type { SafeLog } from './fastify/safe-log.js'
import type { Options } from './options/options.js'
import { type Clock, systemClock, timeLeft } from './platform/clock.js'
import { Rescue } from './primary/dealing/rescue.js'
import { Returns } from './primary/dealing/returns.js'
import { TakeBack } from './primary/dealing/take-back.js'
import type { MetricsListener } from './primary/insight/app-metrics.js'
import type { Emit } from './primary/insight/events.js'
import { Insight } from './primary/insight/insight.js'
import type { Counted } from './primary/insight/totals.js'
import { Overview } from './primary/insight/overview.js'
import { Awaited } from './primary/ports/awaited.js'
import { GivenSockets } from './primary/ports/given-sockets.js'
import { bind, type Bound } from './primary/ports/listener.js'
import { openPort } from './primary/ports/open-port.js'
import { outageAnswer } from './primary/ports/outage-answer.js'
import type { Port } from './primary/ports/port.js'
import { Ports } from './primary/ports/ports.js'
import type { Predecessor } from './primary/upgrade/predecessor.js'
import type { OpenSocket } from './primary/upgrade/messages.js'
import { isStopSignal } from './primary/process/signals.js'
import { failureOf } from './primary/workers/ending.js'
import type { Ending, Fork } from './primary/workers/fork.js'
import type { Identity } from './primary/workers/identity.js'
import type { WorkerHandle } from './primary/workers/worker-handle.js'
import { Workforce } from './primary/workers/workforce.js'
import { descriptorLimit } from './platform/process-table.js'
import { END_DELAY } from './platform/timing.js'
import { within } from './platform/within.js'
import type { Pulse, ToPrimary } from './protocol.js'

/**
 * Milliseconds by which a signal that was sent to all processes may reach this one later than the exit of a
 * worker that it ended.
 */
const SIGNAL_DELAY = 100

export interface PrimaryParts {
  options: Options
  log: SafeLog
  fork: Fork
  /** The user that the workers run as. Socket files are made to belong to it. */
  identity?: Identity
  emit: Emit
  /** Called after too many crashes: no worker is started any more, and everything has to stop. */
  onCrashLoop (): void
  /** The app's code changes, and may be broken: see {@link Primary.restart}. */
  development?: boolean
  /** The slot whose workers open their inspector. */
  inspectedSlot?: number | undefined
  /** Whether the workers may be blocked because the process that reads their output does not. */
  outputWaits? (): boolean
  clock?: Clock
}

/** The result of listen(): the key, and the addresses that it is bound to. */
export type Listening = Pick<Port, 'key' | 'names' | 'answerable'>

/**
 * The process that holds the ports. It wires the rooms of lib/primary/:
 *
 *     ports      kernel ─accept→ intake ─→ pending
 *     dealing                              handoff ─next()→ scheduler
 *     workers                                 │ send (the primary keeps its copy)
 *                                             ▼
 *                                          one wire per worker
 *     insight    acks, pulses, exits ─→ totals, stalls, saturation
 */
export class Primary {
  readonly options: Options
  readonly overview: Overview
  readonly #log: SafeLog
  readonly #clock: Clock
  readonly #emit: Emit
  readonly lane: Lane
  readonly #ports: Ports
  readonly #takeBack: TakeBack | undefined
  readonly #returns: Returns
  readonly #rescue: Rescue
  readonly #workforce: Workforce
  readonly #insight: Insight
  readonly #awaited = new Awaited()
  readonly #keyNames = new KeyNames()
  readonly #isDevelopment: boolean
  #logLevel: string | undefined
  #started = false
  #failed = false
  #announced = false
  #stopping: Promise<void> | undefined
  #handingOver = false
  #stopped = false
  #given = new GivenSockets([])
  #endHandover = (): void => {}
  /** Whether the predecessor had one listener only, whose name may have changed. */
  #oneKey = false

  constructor ({ options, log, fork, identity = {}, emit, onCrashLoop, development = false, inspectedSlot, outputWaits = () => false, clock = systemClock }: PrimaryParts) {
    this.options = options
    this.#log = log
    this.#clock = clock
    this.#emit = emit
    this.#isDevelopment = development
    this.lane = openLane(options.lane, log)
    this.#insight = new Insight({ options, clock, log })
    this.#ports = new Ports({
      bind: async (target, key) => await bind(target, { mode: options.socketMode, ...identity }, { given: this.#given, key }),
      create: this.#createPort,
      ticketKeys: () => this.#workforce.ticketKeys.all,
      logLevel: () => this.#logLevel,
      measured: () => this.#insight.appMetrics.wanted,
      clock,
      log
    })
    this.#workforce = new Workforce({
      options,
      lane: this.lane,
      fork,
      development,
      inspectedSlot,
      outputWaits,
      onCrashLoop,
      retire: worker => { this.#ports.retire(worker) },
      refuse: failure => {
        const outage = failure && outageAnswer(failure)
        for (const { handoff } of this.#ports.open) handoff.refuse(outage)
      },
      onMessage: (worker, message) => { this.#onMessage(worker, message) },
      onAck: (worker, ack) => { this.#onAck(worker, ack) },
      onReturned: (worker, key, reason, returned) => { this.#onReturned(worker, key, reason, returned) },
      onWant: worker => { this.#rescue.want(worker) },
      onExit: (worker, ending) => { this.#onExit(worker, ending) },
      stopping: () => this.stopping,
      stopsNow: () => this.#stopping !== undefined && !this.#handingOver,
      emit,
      clock,
      log
    })
    this.#returns = new Returns({
      heldOf: (worker, key) => worker.keys.has(key) ? this.#ports.of(key)?.held : undefined,
      held: () => this.#ports.all.reduce((sum, { held }) => sum + held.size, 0),
      most: Math.floor(descriptorLimit() / 2),
      tell: message => { this.#workforce.tell(message) },
      broken: (worker, err) => { this.#workforce.broken(worker, err) }
    })
    this.#rescue = new Rescue({
      keyOf: worker => this.#ports.open.find(port => port.serves(worker))?.key,
      workers: () => this.#workforce.all,
      clock
    })
    this.overview = new Overview({
      options,
      lane: this.lane.name,
      supervisor: this.#workforce.supervisor,
      ports: this.#ports,
      reload: this.#workforce.reloads,
      totals: this.#insight.totals,
      stopping: () => this.stopping,
      clock
    })
    if (this.lane.takesBack && options.takeBackAfter > 0) this.#takeBack = this.#createTakeBack()
  }

  /** Whether everything that it began has ended. */
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

  /** Whether all calls of listen() have been served once. Before that, a stop has nothing to let finish. */
  get up (): boolean {
    return this.#awaited.up
  }

  /** The generation of the workers that start from now on. */
  get generation (): number {
    return this.#workforce.supervisor.generation
  }

  /** The number of workers to keep. */
  get workerCount (): number {
    return this.#workforce.supervisor.slots.length
  }

  /** The name of the next call of listen(): the same in every process that runs the same calls. */
  nextKey (target: ListenTarget, place: number): string {
    return this.#keyNames.next(target, place)
  }

  /**
   * Binds, and resolves when every worker serves the port; in development, when the workers are started.
   * @throws Node's own error if the bind fails; nothing is left behind
   * @throws SHARED_PORT_ERR_WORKER_FAILED with the worker's error as its cause; everything is stopped then
   * @throws SHARED_PORT_ERR_CLOSED if the primary was closed meanwhile
   */
  async listen (key: string, target: ListenTarget): Promise<Listening> {
    const port = await this.#ports.add(key, target)
    if (!this.#started) await this.#start()
    if (this.#isDevelopment) {
      this.#awaited.skip()
      return port
    }
    const served = this.#awaited.add(port)
    this.#checkServed()
    await served
    return port
  }

  /** Stops accepting for one key and lets its connections finish. With the last key, the workers end too. */
  async close (key: string): Promise<void> {
    const port = this.#ports.of(key)
    if (port === undefined) return this.#ports.fail(key, new ClosedError()) // it may still be binding
    port.closing ??= this.#close(port)
    await port.closing
  }

  /** Tells the workers and the app that a stop will come. Everything goes on as before until then. */
  announceStop (): void {
    this.#announced = true
    this.#emit('draining')
    this.#log.info({ event: 'stop-announced', closeDelay: this.options.closeDelay }, 'stopping in %d ms (closeDelay): connections are served until then', this.options.closeDelay)
    this.#workforce.tell({ type: 'stopping' })
  }

  /** Stops accepting, lets every worker finish its connections within grace, and resolves when all have exited. */
  async stop (): Promise<void> {
    this.#stopping ??= this.#stop()
    await this.#stopping
  }

  /**
   * Takes the place of another primary, whose listening sockets it uses. It accepts from them as soon as
   * {@link takeOver} is called. To be called before listen().
   */
  succeed ({ legacy, channel }: Predecessor, ticketKeys: readonly string[] | undefined): void {
    this.#given = new GivenSockets(legacy.sockets)
    this.#oneKey = new Set(legacy.sockets.map(({ key }) => key)).size === 1
    if (ticketKeys !== undefined) this.#workforce.ticketKeys.adopt(ticketKeys)
    if (legacy.lane === this.lane.name) this.#endHandover = this.lane.receiveHandover(channel, legacy.handover, this.#onHanded)
    else for (const fd of legacy.handover) closeSync(fd)
  }

  /** Accepts connections from now on, those of the predecessor too. */
  takeOver (): void {
    for (const port of this.#ports.open) port.accept()
    this.#given.closeOthers()
  }

  /** The predecessor has counted this so far. */
  addCounted (counted: Counted): void {
    this.#insight.totals.former = counted
  }

  get ticketKeys (): readonly string[] {
    return this.#workforce.ticketKeys.all
  }

  /** Whether a predecessor has sockets that this app has not asked for yet. */
  get hasUnclaimed (): boolean {
    return this.#given.left > 0
  }

  /** The sockets on which this process listens. */
  get sockets (): OpenSocket[] {
    return this.#ports.open.flatMap(({ sockets }) => sockets)
  }

  /**
   * Stops accepting, hands over every connection that no worker has or that a worker returns, and lets the
   * workers finish the others. Resolves when all workers have exited.
   */
  async handOver (handover: Handover | undefined): Promise<void> {
    this.#stopping ??= this.#handOver(handover)
    await this.#stopping
  }

  /** Kills every worker at once. */
  kill (): void {
    this.#workforce.supervisor.kill()
  }

  /**
   * Replaces every worker, each new one ready before the old one drains. Resolves when the old ones have
   * exited.
   * @throws SHARED_PORT_ERR_WORKER_FAILED if a new worker fails; the remaining old ones stay
   * @throws SHARED_PORT_ERR_NOT_RUNNING before the workers are up, and during a stop
   */
  async reload (): Promise<void> {
    this.#assertRunning('reload()')
    await this.#workforce.reloads.run()
  }

  /**
   * Replaces the worker of one slot, the new one ready before the old one drains. Resolves when the old one has
   * exited.
   * @throws the errors of {@link SlotRestart.run}
   * @throws SHARED_PORT_ERR_NOT_RUNNING before the workers are up, and during a stop
   */
  async restartSlot (place: number): Promise<void> {
    this.#assertRunning('restart()')
    await this.#workforce.slotRestarts.run(place)
  }

  /**
   * In development: replaces every worker because these files have changed. Connections wait until the new
   * ones are ready.
   */
  restart (changed: readonly string[]): void {
    if (this.up && !this.stopping) this.#workforce.restart(changed)
  }

  /**
   * Changes the number of workers. Resolves when the new ones are ready and the removed ones have exited.
   * @throws SHARED_PORT_ERR_WORKER_FAILED if a new worker fails; the others are kept, without it
   * @throws SHARED_PORT_ERR_NOT_RUNNING before the workers are up, and during a stop
   */
  async scale (count: number): Promise<void> {
    this.#assertRunning('scale()')
    this.#log.info({ event: 'scale', workers: count, before: this.workerCount }, 'scaling from %d to %d %s', this.workerCount, count, count === 1 ? 'worker' : 'workers')
    const scaled = this.#workforce.supervisor.scale(count)
    this.#checkServed() // a removed slot may have been the last one that was waited for
    await scaled
  }

  /** Sets the log level of the workers, including those that start later. */
  setLogLevel (level: string): void {
    this.#logLevel = level
    this.#workforce.tell({ type: 'log-level', level })
  }

  /**
   * Asks the workers for the metrics of their apps. Resolves with the number of workers that have not
   * answered within `patience` milliseconds.
   */
  async askForMetrics (patience: number): Promise<number> {
    return await this.#insight.appMetrics.ask(this.#workforce.all.filter(({ state }) => state !== 'starting'), patience)
  }

  /** `listener` gets the metrics of the workers' apps. */
  onMetrics (listener: MetricsListener): void {
    this.#insight.appMetrics.listener = listener
  }

  #assertRunning (what: string): void {
    if (!this.up || this.stopping) throw new NotRunningError(what)
  }

  async #start (): Promise<void> {
    this.#started = true
    try {
      this.#workforce.start()
    } catch (err) {
      await this.stop()
      throw err
    }
  }

  // Ports, from bind to the last connection.

  readonly #createPort = (key: string, bound: Bound[]): Port => openPort(key, bound, {
    options: this.options,
    lane: this.lane,
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
    else await port.finish(this.options.grace)
    this.#awaited.take(port)(new ClosedError())
  }

  async #stop (): Promise<void> {
    const { grace } = this.options
    const deadline = this.#clock.now() + grace
    if (!this.#announced) this.#emit('draining')
    this.#ports.end()
    this.#returns.end()
    const ports = this.#ports.all
    this.#log.info({ event: 'stop' }, 'stopping: no more connections are accepted')
    await Promise.all(ports.map(async port => { await port.shut(grace) }))
    await this.#workforce.stop(timeLeft(this.#clock, deadline))
    this.#finish()
  }

  async #handOver (handover: Handover | undefined): Promise<void> {
    const { grace } = this.options
    const deadline = this.#clock.now() + grace
    if (!this.#announced) this.#emit('draining')
    this.#ports.end()
    if (handover === undefined) {
      this.#returns.end() // nobody would serve what the workers return
      await Promise.all(this.#ports.all.map(async port => {
        port.leave()
        await port.shut(grace)
      }))
      await this.#workforce.stop(timeLeft(this.#clock, deadline))
    } else {
      this.#handingOver = true // so that the workers return what they can
      for (const port of this.#ports.all) port.handOver(handover)
      this.#returns.check()
      await this.#workforce.stop(grace)
      await within(Math.max(END_DELAY, timeLeft(this.#clock, deadline)), handover.sent())
      handover.close()
    }
    this.#finish()
  }

  /** Everything has ended. */
  #finish (): void {
    for (const port of this.#ports.all) port.handoff.close()
    this.#takeBack?.stop()
    this.#workforce.end()
    this.#endHandover()
    this.#stopped = true
    this.#log.info({ event: 'stopped' }, 'stopped')
  }

  readonly #onHanded = (key: string, as: Handed, connections: readonly Returned[]): void => {
    const port = this.#ports.of(key) ?? (this.#oneKey && this.#ports.open.length === 1 ? this.#ports.open[0] : undefined)
    // The app does not listen there any more.
    if (port === undefined) for (const { connection } of connections) connection.end()
    else port.takeOver(as, connections)
  }

  #checkServed (): void {
    this.#awaited.settle(this.#workforce.everySlot)
  }

  // Dealing, from the ack of one frame to the next frames.

  #onAck (worker: WorkerHandle, ack: Ack): void {
    const frame = worker.settle(ack)
    if (frame === undefined) return this.#workforce.broken(worker, new Error(`it acknowledged a frame that it was not sent: number ${ack.number}, ${ack.refused.length} connections refused`))
    this.#rescue.acked(worker, frame)
    if (frame.connections.length > 0) this.#insight.totals.acked(this.#clock.now() - frame.sentAt)
    if (ack.leaving && !this.#workforce.stopsWith(worker)) this.#ports.retire(worker)
    this.#ports.of(frame.key)?.handoff.settle(worker, frame, ack)
    this.#deal(frame.key)
  }

  #onReturned (worker: WorkerHandle, key: string, reason: ReturnReason, returned: readonly Returned[]): void {
    this.#log.debug({ event: 'returned', workerId: worker.id, key, reason, connections: returned.length }, 'worker %d returned %d connections of %s (%s)', worker.id, returned.length, key, reason)
    this.#returns.take(worker, key, reason, returned)
  }

  /**
   * Offers a worker that has credit again to the other keys first, so that a flooded key does not starve the
   * others.
   */
  #deal (last: string): void {
    for (const { key, handoff } of this.#ports.all) if (key !== last) handoff.deal()
    this.#ports.of(last)?.handoff.deal()
  }

  #createTakeBack (): TakeBack {
    const { policy, takeBackAfter, stickyWait } = this.options
    return new TakeBack({
      patience: policy === 'sticky' ? Math.max(takeBackAfter, stickyWait) : takeBackAfter,
      workers: () => this.#workforce.all,
      wanted: (worker, frame) => this.#ports.of(frame.key)?.handoff.wants(worker, frame) ?? false,
      returned: (worker, frame) => { this.#ports.of(frame.key)?.handoff.takenBack(worker, frame) },
      clock: this.#clock
    })
  }

  // Workers: their messages, and their exits.

  #onMessage (worker: WorkerHandle, message: ToPrimary): void {
    switch (message.type) {
      case 'attach': return this.#ports.attach(worker, message.key)
      case 'listening': return this.#joined(worker, message.key, message.plain)
      case 'leave': return this.#leave(worker, message.key)
      case 'closed': return this.#closed(worker, message.key)
      case 'open': return this.#onOpen(worker, message)
      case 'pulse': return this.#onPulse(worker, message)
      case 'checking': worker.checking = true; return
      case 'inspecting': return this.#workforce.inspecting(worker, message.url)
      case 'stats': return worker.tell({ type: 'stats', id: message.id, stats: this.overview.stats() })
      case 'metrics': return this.#insight.appMetrics.answered(worker, message)
      case 'failed': worker.failure = fromNotice(message.error); return
      case 'survived': worker.failure = undefined
    }
  }

  #joined (worker: WorkerHandle, key: string, plain: boolean): void {
    if (worker.state === 'draining') return
    worker.checking = false
    const port = this.#ports.of(key)
    const served = port?.serves(worker) ?? false
    if (port !== undefined) port.answerable = plain
    if (!served) this.#returns.joined(worker)
    port?.join(worker)
    if (port !== undefined) worker.keys.add(key)
    if (port?.serves(worker) === true && !served) worker.listening(port.names)
    if (worker.state === 'starting' && this.#ports.open.every(port => port.serves(worker))) this.#workforce.ready(worker)
    this.#checkServed()
  }

  #onPulse (worker: WorkerHandle, pulse: Pulse): void {
    this.#workforce.pulse(worker, pulse)
    this.#insight.pulse(worker, pulse)
    this.#workforce.recycle()
    this.#returns.check()
  }

  #onOpen (worker: WorkerHandle, { count, taken }: Extract<ToPrimary, { type: 'open' }>): void {
    worker.report(count, taken)
    // A worker that was full may have room again, and no ack reports that.
    if (this.options.maxConnectionsPerWorker !== undefined) for (const { handoff } of this.#ports.all) handoff.deal()
  }

  /** The worker wants no more connections, for one key or for all. */
  #leave (worker: WorkerHandle, key: string | undefined): void {
    if (key === undefined) return this.#workforce.leave(worker)
    this.#ports.of(key)?.handoff.remove(worker)
    worker.whenSettled(() => { worker.tell({ type: 'left', key }) })
  }

  #closed (worker: WorkerHandle, key: string): void {
    worker.readReturns() // from its drain
    this.#ports.of(key)?.left(worker)
    worker.closed = !this.#ports.open.some(port => port.serves(worker))
  }

  #onExit (worker: WorkerHandle, ending: Ending): void {
    const unserved = this.#stopping !== undefined || worker.state === 'draining' ? [] : this.#awaited.unservedBy(worker)
    const fatal = unserved.length > 0 && !this.up
    const open = worker.end()
    this.#ports.retire(worker)
    this.#insight.totals.reclaim(open?.untaken.length ?? 0)
    if (open !== undefined) this.#ports.of(open.frame.key)?.handoff.reclaim(worker, open.frame, open.untaken)
    // Only now, because what it had in hand may be the room that is needed for what it has returned.
    worker.close()
    this.#rescue.forget(worker)
    this.#ports.forget(worker)
    this.#insight.exited(worker)
    this.#workforce.exited(worker, ending, fatal)
    if (fatal) return this.#failUnlessStopped(worker, ending)
    if (ending.signal === null) for (const port of unserved) this.#failPort(port, failureOf(worker, ending))
    this.#checkServed() // its slot may have been removed with it, and may have been the last one that was waited for
  }

  /** On the first start, the failure of a worker is the app's fault, and would happen again, so everything ends. */
  #failUnlessStopped (worker: WorkerHandle, ending: Ending): void {
    if (!isStopSignal(ending.signal)) return this.#fail(failureOf(worker, ending))
    // The signal may have been sent to all processes, and reach this one after the worker's exit.
    this.#clock.after(SIGNAL_DELAY, () => { if (this.#stopping === undefined) this.#fail(failureOf(worker, ending)) })
  }

  #fail (err: Error): void {
    this.#failed = true
    const reject = this.#awaited.takeAll()
    for (const port of this.#ports.all) port.abandon()
    this.stop().finally(() => { reject(err) })
  }

  /** Handles a worker that fails at one call of listen() while others are served already: those go on. */
  #failPort (port: Port, err: Error): void {
    const reject = this.#awaited.take(port)
    this.close(port.key).finally(() => { reject(err) })
  }
}
