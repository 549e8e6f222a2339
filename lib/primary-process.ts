import { EventEmitter } from 'node:events'
import { resolve } from 'node:path'
import { inspect } from 'node:util'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { SharedPortEvents, Stats, Status } from '../types/index.js'
import { Admin } from './admin.js'
import { explain } from './admin/events.js'
import type { Operable } from './admin/operable.js'
import { LEVELS, levelsOf, setLevel } from './fastify/app-logger.js'
import { LogLevelError, NotRunningError, ScaleError, UpgradeFailedError, WorkerFailedError } from './errors.js'
import { rootOf } from './fastify/fastify-internals.js'
import type { Handover } from './lane.js'
import { systemClock } from './platform/clock.js'
import type { Share } from './fastify/listen.js'
import type { ListenTarget } from './fastify/listen-target.js'
import { type SafeLog, safeLog } from './fastify/safe-log.js'
import type { Options } from './options/options.js'
import { MOST_WORKERS } from './options/schema.js'
import { runPreClose } from './fastify/pre-close.js'
import { type Listening, Primary, type PrimaryParts } from './primary.js'
import { App } from './primary/process/app.js'
import { Events } from './primary/insight/events.js'
import { forkBy, type Program } from './primary/workers/fork.js'
import { irreplaceable, relaunch } from './platform/launch.js'
import { Succession } from './primary/upgrade/succession.js'
import type { Successor } from './primary/upgrade/successor.js'
import { Upgrade } from './primary/upgrade/upgrade.js'
import { findIdentity } from './primary/workers/identity.js'
import type { Output } from './primary/process/output.js'
import type { ServiceManager } from './primary/process/service-manager.js'
import { onSteeringSignals, onStopSignals } from './primary/process/signals.js'
import { END_DELAY, LONGEST_DELAY } from './platform/timing.js'
import { version } from './version.js'

/** A shell's exit code for a process that SIGINT has ended: 128 + 2. */
const INTERRUPTED = 130

/**
 * The number of boots that a successor has time for: in plugin mode, the primary loads the app before its
 * workers do.
 */
const BOOTS = 2

/** What the primary serves, for its status. */
export type About = Pick<Status, 'mode' | 'app'> & { name?: string }

/** Options of the command for development. */
export type Debugging = Pick<PrimaryParts, 'development' | 'inspectedSlot'>

/** The parts that belong to the process, also if one primary takes the place of another in it. */
export interface Host { output: Output, manager: ServiceManager }

/** The process of the primary: its apps, its signals, and its exit code. */
export class PrimaryProcess {
  readonly options: Options
  readonly #primary: Primary
  readonly #log: SafeLog
  /** The app's logger itself, whose level can be changed. */
  readonly #logger: FastifyBaseLogger
  readonly #output: Output
  readonly #manager: ServiceManager
  readonly #events: Events
  readonly #apps = new Map<FastifyInstance, App>()
  readonly #about: About
  readonly #admin: Admin
  readonly #upgrade: Upgrade
  readonly #succession: Succession
  /** Called when this process takes the place of another. */
  readonly #whenTakenOver: Array<() => void> = []
  #opened: Promise<void> | undefined
  /** The number of calls of listen() in progress. */
  #listening = 0
  #ignoreSignals: (() => void) | undefined
  /** Whether this process is about to exit, once everything has ended. */
  #exiting = false
  #hurry: (() => void) | undefined

  /** @throws SHARED_PORT_ERR_USER if the workers cannot run as the user or group of the options */
  constructor (options: Options, logger: FastifyBaseLogger, program: Program, { output, manager }: Host, about: About, { development = false, inspectedSlot }: Debugging = {}) {
    const identity = findIdentity(options)
    const log = safeLog(logger)
    this.options = options
    this.#about = about
    this.#events = new Events(options, log)
    this.#primary = new Primary({
      options,
      log,
      fork: forkBy({ ...program, ...identity }, output.relays ? stdout => { output.relay(stdout) } : undefined),
      identity,
      emit: this.#events.emit,
      development,
      inspectedSlot,
      onCrashLoop: () => { this.#stop(1) }, // with an exit code, so that a process manager notices
      outputWaits: () => output.paused
    })
    this.#log = log
    this.#logger = logger
    this.#output = output
    this.#manager = manager
    manager.serve({ status: () => this.#primary.overview.status(), log })
    if (manager.listens) this.#events.add(this.#watched())
    output.onLost = lines => { log.warn({ event: 'lines-lost', lines }, '%d log lines were lost: stdout was not read in time, or could not be written', lines) }
    this.#admin = new Admin(this.#operable(log), options)
    this.#succession = new Succession({ primary: this.#primary, onTakenOver: async () => { await this.#takenOver() }, log })
    this.#upgrade = new Upgrade({
      lane: this.#primary.lane,
      launch: relaunch,
      sockets: () => this.#primary.sockets,
      admin: () => this.#admin.socket,
      control: typeof options.control === 'string' ? resolve(options.control) : undefined,
      ticketKeys: () => this.#primary.ticketKeys,
      hindrance: () => this.#hindrance(development),
      patience: Math.min(options.bootTimeout * BOOTS, LONGEST_DELAY),
      onCommit: (successor, handover) => { this.#handOver(successor, handover) },
      emit: this.#events.emit,
      log,
      clock: systemClock
    })
  }

  /** The events after which the service manager is told how many workers are ready. */
  #watched (): EventEmitter<SharedPortEvents> {
    const changed = (): void => { this.#manager.changed() }
    return new EventEmitter<SharedPortEvents>().on('worker-start', changed).on('worker-ready', changed).on('worker-exit', changed)
  }

  /** The interface for operators. */
  #operable (log: SafeLog): Operable {
    const primary = this.#primary
    const events = new EventEmitter<SharedPortEvents>().setMaxListeners(0) // the admin server adds one for each follower
    this.#events.add(events)
    return {
      log,
      events,
      status: () => this.status(),
      reload: async () => { await this.reload() },
      upgrade: async () => await this.upgrade(),
      successorPid: () => this.#upgrade.successorPid,
      scale: async workers => { await this.scale(workers) },
      restartSlot: async slot => { await this.restartSlot(slot) },
      stop: () => { this.#stop(0) },
      setLogLevel: level => { this.setLogLevel(level) },
      get countsBySlot () { return primary.overview.countsBySlot },
      get reclaimed () { return primary.overview.reclaimed },
      get ackTimes () { return primary.overview.ackTimes },
      askForMetrics: async patience => await primary.askForMetrics(patience),
      onMetrics: listener => { primary.onMetrics(listener) }
    }
  }

  /** Whether another primary may take its place: everything has ended, or never began. */
  get done (): boolean {
    return this.#primary.stopped || (this.#apps.size === 0 && !this.#primary.started)
  }

  stats (): Stats {
    return this.#primary.overview.stats()
  }

  status (): Omit<Status, 'steerable'> {
    const { mode, app, name = null } = this.#about
    return {
      name,
      pid: process.pid,
      version,
      node: process.version,
      mode,
      app,
      startedAt: Math.round(performance.timeOrigin),
      uptime: Math.round(performance.now()),
      successor: this.#upgrade.successorPid ?? null,
      ...this.#primary.overview.status()
    }
  }

  get generation (): number {
    return this.#primary.generation
  }

  get draining (): boolean {
    return this.#primary.stopping
  }

  /** See {@link Primary.reload}. */
  async reload (): Promise<void> {
    const reload = this.#primary.reload()
    this.#manager.reloading()
    try {
      await reload
      this.#manager.reloaded()
    } catch (err) {
      this.#manager.reloaded(err as Error)
      throw err
    }
  }

  /** See {@link Primary.restart}. */
  restart (changed: readonly string[]): void {
    this.#primary.restart(changed)
  }

  /** See {@link Primary.restartSlot}. */
  async restartSlot (slot: number): Promise<void> {
    await this.#primary.restartSlot(slot)
  }

  /** See {@link Primary.scale}. @throws SHARED_PORT_ERR_SCALE */
  async scale (workers: number): Promise<void> {
    if (!Number.isInteger(workers) || workers < 1 || workers > MOST_WORKERS) throw new ScaleError(MOST_WORKERS, inspect(workers))
    await this.#primary.scale(workers)
  }

  /**
   * Starts a new primary, which takes the place of this one when its workers are ready. Resolves with its
   * process id then.
   * @throws SHARED_PORT_ERR_NOT_RUNNING before the workers are up, and during a stop
   * @throws SHARED_PORT_ERR_UPGRADE_REFUSED, SHARED_PORT_ERR_UPGRADE_FAILED; this process goes on as before
   */
  async upgrade (): Promise<number> {
    if (!this.#primary.up || this.#primary.stopping) throw new NotRunningError('upgrade()')
    return await this.#upgrade.run()
  }

  /**
   * Sets the log level of this process, of its workers, and of workers that start later.
   * @throws SHARED_PORT_ERR_LOG_LEVEL if this process's logger has no such level; a logger that is not
   * pino's has pino's levels
   */
  setLogLevel (level: string): void {
    const levels = levelsOf(this.#logger) ?? LEVELS
    if (!levels.includes(level)) throw new LogLevelError(levels.join(', '), inspect(level))
    for (const log of new Set([this.#logger, ...[...this.#apps.keys()].map(({ log }) => log)])) setLevel(log, level)
    this.#primary.setLogLevel(level)
    this.#log.info({ event: 'log-level', logLevel: level }, 'the log level is now %s', level)
  }

  /** @param place the position of the app among the apps of this process */
  nextKey (target: ListenTarget, place = 0): string {
    return this.#primary.nextKey(target, place)
  }

  /** Makes the instance's listen() and close() act for the workers, and emits events on `emitter`. */
  add (fastify: FastifyInstance, emitter: EventEmitter<SharedPortEvents>): Share {
    const root = rootOf(fastify)
    const place = this.#apps.size
    this.#output.take(root.log)
    this.#events.add(emitter)
    fastify.addHook('onClose', async () => {
      this.#apps.delete(root)
      this.#events.remove(emitter)
      await this.#letGoIfDone()
    })
    const app = new App(fastify, {
      open: async () => { await this.open() },
      nextKey: target => this.nextKey(target, place),
      listen: async (key, target) => (await this.listen(key, target)).names,
      close: async key => { await this.#close(key) },
      preClose: async fastify => { await runPreClose(fastify, this.options.grace, this.#log) }
    })
    this.#apps.set(root, app)
    return app
  }

  /** See {@link Primary.listen}. If a worker fails on the first start, this process exits with code 1. */
  async listen (key: string, target: ListenTarget): Promise<Listening> {
    if (this.options.signals) this.#ignoreSignals ??= this.#handleSignals()
    this.#listening++
    this.#manager.starting()
    try {
      await this.open()
      const listening = await this.#primary.listen(key, target)
      if (this.#listening === 1) await this.#succession.listened()
      return listening
    } catch (err) {
      await this.#succession.giveUp(`failed: ${explain(err as Error)}`)
      // While the process exits, listen() must not reject: an app that does not expect that would crash.
      if (this.#exiting) await new Promise(() => {})
      if (this.#primary.failed) this.#fail()
      if (!this.#primary.started && this.#listening === 1) {
        this.#manager.closed()
        await this.#closeAdmin() // it would keep this process alive
      }
      await this.#letGoIfDone()
      throw err
    } finally {
      this.#listening--
      if (this.#listening === 0 && this.#primary.up && !this.#primary.stopping && !this.#succession.pending) this.#manager.ready()
    }
  }

  /** The URL of the admin server, if there is one. */
  get adminAddress (): string | undefined {
    return this.#admin.address
  }

  /** Opens the admin server and the control socket. @throws the errors of {@link Admin.open}; may be tried again */
  async open (): Promise<void> {
    this.#opened ??= this.#open()
    try {
      await this.#opened
    } catch (err) {
      this.#opened = undefined
      throw err
    }
  }

  async #open (): Promise<void> {
    await this.#admin.open(await this.#succession.prepare())
  }

  /** `listener` is called when this process takes the place of another primary. */
  onTakenOver (listener: () => void): void {
    this.#whenTakenOver.push(listener)
  }

  async #takenOver (): Promise<void> {
    await this.#admin.takeOver()
    for (const run of this.#whenTakenOver) run()
    this.#manager.takeOver()
    this.#manager.ready()
  }

  /** Why no upgrade can begin now, if so. */
  #hindrance (development: boolean): string | undefined {
    if (development) return 'with --watch, restart the command instead'
    if (this.#succession.predecessorLives) return 'the primary before this one is still finishing its connections'
    return irreplaceable()
  }

  /** The successor is the server from now on: this process finishes what its workers have, and exits. */
  #handOver (successor: Successor, handover: Handover | undefined): void {
    const tell = (): void => { successor.tell({ type: 'counted', counted: this.#primary.overview.counted }) }
    this.#manager.mainPid(successor.pid as number)
    successor.go()
    successor.gone().then(() => { handover?.close() })
    this.#stop(0, async () => {
      tell()
      await Promise.all([this.#primary.handOver(handover), this.#admin.handOver()])
      tell()
    })
  }

  async #closeAdmin (): Promise<void> {
    this.#opened = undefined
    await this.#admin.close()
  }

  async #close (key: string): Promise<void> {
    this.#upgrade.abort('the app closes')
    await this.#primary.close(key)
    if (this.#primary.stopped) await this.#output.end(END_DELAY)
    await this.#letGoIfDone()
  }

  #handleSignals (): () => void {
    const ends = [
      onStopSignals({
        stop: signal => { this.#stopBy(signal) },
        hurry: () => { this.#hurry?.() },
        end: () => { this.#end() }
      }),
      onSteeringSignals({
        ...((this.options.upgradeSignal || this.#about.mode === 'command') && { upgrade: () => { this.#tryTo('upgrade', this.upgrade()) } }),
        reload: () => { this.#tryTo('reload', this.reload()) },
        hungUp: () => { this.#stop(0) },
        scaleBy: difference => { this.#scaleBy(difference) }
      })
    ]
    return () => { for (const end of ends) end() }
  }

  #scaleBy (difference: number): void {
    const workers = this.#primary.workerCount + difference
    if (workers < 1 || workers > MOST_WORKERS) {
      this.#log.warn({ event: 'scale', workers: this.#primary.workerCount }, 'cannot scale: the number of workers must be from 1 to %d; it stays at %d', MOST_WORKERS, this.#primary.workerCount)
      return
    }
    this.#tryTo('scale', this.#primary.scale(workers))
  }

  /** Logs a failure, because a signal has no caller that would get the error. */
  #tryTo (event: string, action: Promise<unknown>): void {
    action.catch(err => {
      // The failure of a worker, or of a new primary, is in the log already.
      if (!(err instanceof WorkerFailedError) && !(err instanceof UpgradeFailedError)) this.#log.warn({ event, err }, 'cannot %s', event)
    })
  }

  async #letGoIfDone (): Promise<void> {
    if (!this.done) return
    this.#ignoreSignals?.()
    this.#manager.closed()
    if (!this.#exiting) await this.#closeAdmin()
  }

  async #stopBy (signal: NodeJS.Signals): Promise<void> {
    this.#upgrade.abort(`this primary got ${signal}`)
    if (signal === 'SIGTERM' && this.options.closeDelay > 0 && this.#primary.up && !this.#primary.stopping) await this.#delayStop()
    await this.#stop(0)
  }

  /** Goes on serving, so that load balancers notice first. */
  async #delayStop (): Promise<void> {
    this.#primary.announceStop()
    this.#manager.stopping()
    await new Promise<void>(resolve => {
      // Unref'd: if the app closes by itself meanwhile, this must not keep the process alive.
      const timer = setTimeout(resolve, this.options.closeDelay).unref()
      this.#hurry = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#hurry = undefined
  }

  /** @param finish lets the workers finish, and resolves when all have exited */
  async #stop (code: number, finish = async (): Promise<void> => { await this.#primary.stop() }): Promise<void> {
    this.#exiting = true
    this.#manager.stopping()
    this.#upgrade.abort('this primary stops')
    const begun = performance.now()
    for (const app of this.#apps.values()) app.stopping()
    await finish()
    await this.#exit(code, this.options.grace - (performance.now() - begun))
  }

  /** Exits, because the app may hold something open that would keep this process alive with nothing to do. */
  #fail (): void {
    process.exitCode = 1
    // After the callers of listen() have got the error.
    if (!this.options.signals) return
    this.#manager.stopping()
    setImmediate(() => { this.#exit(1, this.options.grace) })
  }

  /**
   * Exits when the apps are closed, or a second after `grace` at the latest. The control socket stays open
   * until then: a client that waits for the exit sees it close at the very end.
   */
  async #exit (code: number, grace: number): Promise<void> {
    const deadline = performance.now() + Math.max(0, grace) + END_DELAY
    const timer = setTimeout(() => {
      this.#log.error({ event: 'close-error' }, 'the app did not close in time')
      process.exit(1)
    }, deadline - performance.now()).unref()
    try {
      await Promise.all([...this.#apps.keys()].map(async fastify => { await fastify.close() }))
    } catch (err) {
      this.#log.error({ event: 'close-error', err }, 'closing the app failed')
      code = 1
    }
    clearTimeout(timer)
    const patience = Math.min(deadline - performance.now(), END_DELAY)
    await Promise.all([this.#output.end(patience), this.#manager.end(patience)])
    process.exit(code)
  }

  #end (): void {
    this.#primary.kill()
    process.exit(INTERRUPTED)
  }
}
