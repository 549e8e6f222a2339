import cluster from 'node:cluster'
import http from 'node:http'
import inspector from 'node:inspector'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { Stats } from '../types/index.js'
import { setLevel } from './fastify/app-logger.js'
import { PrimaryGoneError } from './errors.js'
import { openWorkerLane, type WorkerLane } from './lane.js'
import { KeyNames } from './fastify/listen-target.js'
import { type SafeLog, safeLog } from './fastify/safe-log.js'
import { assertSameOptions, type Options } from './options/options.js'
import { fromNotice } from './error-notice.js'
import { watchExceptions } from './failure.js'
import { type Channel, post, receive, type ToPrimary, type ToWorker } from './protocol.js'
import type { WorkerMark } from './platform/role.js'
import { END_DELAY, PULSE } from './platform/timing.js'
import { within } from './platform/within.js'
import { App, type Asked } from './worker/app.js'
import { Connections } from './worker/connections.js'
import { drain } from './worker/drain.js'
import { EventLoop } from './worker/event-loop.js'
import { Exit } from './worker/exit.js'
import { Handlers } from './worker/handlers.js'
import { endLongLived, webSocketsOf } from './worker/long-lived.js'
import { OwnHandlers } from './worker/own-handlers.js'
import { ConnectionReceiver } from './worker/receiver.js'
import { Reports } from './worker/reports.js'
import { Parking } from './worker/parking.js'
import { Returning } from './worker/returning.js'
import { Stdout } from './worker/stdout.js'
import { TicketKeys } from './worker/ticket-keys.js'

/**
 * Milliseconds to wait for the primary's answer to 'leave'. If it hangs, connections that it still sends are
 * served or refused.
 */
const LEAVE_PATIENCE = 1_000

type Attached = Extract<ToWorker, { type: 'attached' }>

/**
 * A process that serves the connections that the primary accepts:
 *
 *     lane ─→ receiver ─taken, injected─→ server.onconnection → Fastify
 */
export class Worker {
  readonly id: number
  readonly generation: number
  #options: Options | undefined
  readonly #primaryPid: number
  readonly #log: SafeLog
  readonly #channel = process as Channel
  readonly #keyNames = new KeyNames()
  readonly #stdout: Stdout
  readonly #receiver = new ConnectionReceiver()
  readonly #lane: WorkerLane
  readonly #ownHandlers = new OwnHandlers()
  readonly #ticketKeys = new TicketKeys()
  readonly #apps = new Set<App>()
  /** The number of apps that are not closed. */
  #serving = 0
  readonly #attaching = new Map<string, { resolve: (answer: Attached) => void, reject: (err: Error) => void }>()
  readonly #leaving = new Map<string, () => void>()
  readonly #eventLoop = new EventLoop({ handlers: new Handlers(), suspects: () => this.#connections().flatMap(connections => [...connections.suspects()]), debugged: isDebugged })
  readonly #reports: Reports
  readonly #exit: Exit
  readonly #pulseTimer: NodeJS.Timeout
  readonly #awaitedStats = new Map<number, { resolve: (stats: Stats) => void, reject: (err: Error) => void }>()
  #statsRequests = 0
  #stopping = false
  /** Whether the primary takes connections back. */
  #mayReturn = true
  #parking: Parking | undefined
  #whenDraining: Array<(log: SafeLog) => void> = []
  #ending: Promise<void> | undefined

  constructor (mark: WorkerMark, log: FastifyBaseLogger, stdout = new Stdout()) {
    const self = cluster.worker as NonNullable<typeof cluster.worker>
    // Otherwise Node exits this process when the primary disconnects, in the middle of requests.
    self.exitedAfterDisconnect = true
    this.id = self.id
    this.generation = mark.generation
    this.#primaryPid = mark.primary
    this.#log = safeLog(log)
    this.#stdout = stdout
    this.#stdout.onLost = lines => { this.#log.warn({ event: 'lines-lost', lines }, '%d log lines were lost: they could not be written', lines) }
    receive<ToWorker>(this.#channel, message => { this.#onMessage(message) })
    this.#lane = openWorkerLane(mark.lane, this.#channel, this.#receiver, () => this.#primaryLives())
    this.#reports = new Reports({
      channel: this.#channel,
      connections: () => this.#connections(),
      taken: () => this.#receiver.taken,
      mostConnections: () => this.#options?.maxConnectionsPerWorker ?? Infinity,
      showOpen: open => { this.#lane.showOpen(open) },
      debugged: isDebugged,
      log: this.#log
    })
    this.#exit = new Exit({ apps: this.#apps, ownHandlers: this.#ownHandlers, stdout, report: async left => { await this.#reportLast(left) }, log: this.#log })
    process.once('disconnect', () => { this.#onDisconnect() })
    watchExceptions()
    this.#pulseTimer = setInterval(() => { this.#sendPulse() }, PULSE).unref()
  }

  /** Whether this worker, or the whole server, is about to stop. */
  get draining (): boolean {
    return this.#stopping || this.#receiver.leaving || [...this.#apps].some(({ closing }) => closing)
  }

  /** Calls `listener` once, when `draining` becomes true, or at once if it is. */
  onDraining (listener: (log: SafeLog) => void): void {
    if (this.draining) listener(this.#log)
    else this.#whenDraining.push(listener)
  }

  /** @throws SHARED_PORT_ERR_OPTIONS_DIFFER if other apps have other options */
  add (fastify: FastifyInstance, options: Options): App {
    if (this.#options !== undefined && this.#serving > 0) assertSameOptions(this.#options, options)
    if (!options.signals) this.#ownHandlers.watch()
    else if (this.#options?.signals !== true) this.#handleSignals(options)
    this.#options = options
    this.#stdout.add(fastify.log)
    const place = this.#serving
    const connections = new Connections(fastify.server, () => { this.#reports.opened() })
    const movable = fastify.server instanceof http.Server // TLS and HTTP/2 have a state in this process
    const parking = movable && options.rescueAfter > 0 ? this.#openLot(options) : undefined
    const app = new App(fastify, connections, {
      nextKey: target => this.#keyNames.next(target, place),
      tell: message => { this.#tell(message) },
      attach: async key => await this.#attach(key),
      leave: async key => { await this.#leave(key) },
      receive: (key, { fastify }, handle) => {
        this.#receiver.add(key, fastify.server, (client, note, head) => { connections.accept(handle, client, note, head) })
        Object.assign(cluster.worker as object, { state: 'listening' }) // node:cluster does the same for a handle of its own
        this.#eventLoop.begin(options.stallAfter)
        this.#pulseTimer.refresh() // so that the first period is a whole second
        this.#reports.pulse(this.#eventLoop.last) // so that the primary knows its initial memory
      },
      refuse: key => { this.#receiver.remove(key) },
      drain,
      endLongLived: async (fastify, grace) => await endLongLived(fastify, grace, this.#log),
      webSockets: webSocketsOf,
      closing: () => { this.#tellDraining() },
      log: safeLog(fastify.log),
      returning: movable ? this.#createReturning(connections, parking, options) : undefined,
      parking,
      returnOnDrain: options.returnOnDrain,
      grace: options.grace,
      readyCheck: options.readyCheck
    })
    this.#apps.add(app)
    if (options.admin !== undefined) this.#reports.measure(fastify)
    this.#ticketKeys.add(fastify.server)
    if (this.#serving++ === 0) process.channel?.ref()
    fastify.addHook('onClose', async () => { this.#closed() })
    return app
  }

  async stats (): Promise<Stats> {
    if (!process.connected) throw new PrimaryGoneError()
    const id = ++this.#statsRequests
    return await new Promise((resolve, reject) => {
      this.#awaitedStats.set(id, { resolve, reject })
      this.#tell({ type: 'stats', id })
    })
  }

  #onMessage (message: ToWorker): void {
    switch (message.type) {
      case 'attached':
        this.#ticketKeys.set(message.ticketKeys)
        if (message.logLevel !== undefined) this.#setLogLevel(message.logLevel)
        this.#reports.measured ||= message.measured
        return this.#attached(message.key)?.resolve(message)
      case 'attach-failed': return this.#attached(message.key)?.reject(fromNotice(message.error))
      case 'left': return this.#leaving.get(message.key)?.()
      case 'drain': return this.#drain(message)
      case 'ticket-keys': return this.#ticketKeys.set(message.ticketKeys)
      case 'log-level': return this.#setLogLevel(message.level)
      case 'returns': this.#mayReturn = message.allowed; return
      case 'share': for (const app of this.#apps) app.share(); return
      case 'stopping':
        this.#stopping = true
        return this.#tellDraining()
      case 'metrics': this.#reports.metrics(message.id); return
      case 'stats':
        this.#awaitedStats.get(message.id)?.resolve(message.stats)
        this.#awaitedStats.delete(message.id)
    }
  }

  #openLot ({ policy, rescueAfter, stickyWait }: Options): Parking {
    // As for a take-back, a client waits for its home.
    const patience = policy === 'sticky' ? Math.max(rescueAfter, stickyWait) : rescueAfter
    this.#parking ??= new Parking(events => {
      try {
        return this.#lane.openLot(patience, events)
      } catch (err) {
        this.#log.warn({ event: 'no-rescue', err }, 'cannot watch kept connections (%s): requests on them wait while this worker is blocked', (err as Error).message)
        return undefined
      }
    })
    return this.#parking
  }

  #createReturning (connections: Connections, parking: Parking | undefined, { returnAfter }: Options): Returning {
    return new Returning({ connections, parking, lane: this.#lane, allowed: () => this.#mayReturn && process.connected, after: returnAfter })
  }

  #setLogLevel (level: string): void {
    for (const log of new Set([...this.#apps].map(({ fastify }) => fastify.log))) {
      if (!setLevel(log, level)) this.#log.warn({ event: 'log-level', logLevel: level }, 'the log level stays unchanged: this logger has no level %s', level)
    }
  }

  async #attach (key: string): Promise<Attached> {
    return await new Promise((resolve, reject) => {
      this.#attaching.set(key, { resolve, reject })
      this.#tell({ type: 'attach', key })
    })
  }

  #attached (key: string): { resolve: (answer: Attached) => void, reject: (err: Error) => void } | undefined {
    const attaching = this.#attaching.get(key)
    this.#attaching.delete(key)
    return attaching
  }

  async #leave (key: string): Promise<void> {
    if (!process.connected) return
    await within(LEAVE_PATIENCE, new Promise<void>(resolve => {
      this.#leaving.set(key, resolve)
      this.#tell({ type: 'leave', key })
    }))
    this.#leaving.delete(key)
  }

  /** The primary says that no more connections will arrive, for one key or for all. */
  #drain ({ key, grace, hasty = false, prompt = false }: Extract<ToWorker, { type: 'drain' }>): void {
    const asked: Asked = { grace, pace: hasty ? 'hasty' : prompt ? 'prompt' : 'gentle' }
    if (key === undefined) this.#end(asked)
    for (const app of this.#apps) {
      if (app.key === key) app.finish(asked).then(async () => { await app.close() }).catch(err => { this.#exit.logCloseError(err) })
    }
  }

  /** Finishes everything, and exits the process. If it is called again, it may become faster. */
  async #end (asked: Asked): Promise<void> {
    this.#takeNoMore()
    if (isDebugged()) inspector.close() // or Node would wait at exit until the debugger disconnects, and a successor would wait for the port
    const finished = Promise.all([...this.#apps].map(async app => { await app.finish(asked) }))
    this.#ending ??= this.#exit.closeAndExit(finished, asked.grace)
    await this.#ending
  }

  #takeNoMore (): void {
    this.#receiver.leaving = true
    this.#tellDraining()
  }

  #tellDraining (): void {
    for (const tell of this.#whenDraining.splice(0)) tell(this.#log)
  }

  /** The primary is gone or has disconnected: no more connections arrive, and nothing supervises this process. */
  #onDisconnect (): void {
    for (const { reject } of this.#awaitedStats.values()) reject(new PrimaryGoneError())
    // Calls of listen() that wait are not rejected: this process exits, and whatever the app did with the
    // error would only add noise.
    for (const resolve of this.#leaving.values()) resolve()
    this.#lane.lost()
    this.#stdout.lose()
    if (this.#ending === undefined) this.#log.warn({ event: 'primary-gone' }, 'lost the connection to the primary: finishing open connections, then exiting')
    const grace = this.#options?.grace ?? 0
    this.#end({ grace, pace: 'prompt' })
    // A plugin or a hook of the app may never be done, and there is no primary to kill this process.
    setTimeout(() => { process.exit(1) }, grace + END_DELAY).unref()
  }

  /** Called when an app has closed by itself. After the last one, nothing of this package keeps the process alive. */
  #closed (): void {
    this.#serving--
    if (this.#serving === 0) process.channel?.unref()
  }

  #handleSignals ({ upgradeSignal }: Options): void {
    // All processes of a terminal or of a systemd unit may get these. The primary handles them.
    this.#ownHandlers.add('SIGINT', () => {})
    this.#ownHandlers.add('SIGQUIT', () => {})
    this.#ownHandlers.add('SIGHUP', () => {})
    if (upgradeSignal) this.#ownHandlers.add('SIGUSR2', () => {})
    this.#ownHandlers.add('SIGTERM', () => {
      const apps = [...this.#apps]
      if (!apps.some(({ fastify, closing }) => fastify.server.listening || closing)) return this.#exit.exitUnserved(this.#options?.grace ?? 0)
      this.#takeNoMore()
      this.#tell({ type: 'leave' })
    })
  }

  #sendPulse (): void {
    this.#reports.pulse(this.#eventLoop.read())
    for (const connections of this.#connections()) connections.age()
  }

  /** Sends the last reports. */
  async #reportLast (left: () => number): Promise<void> {
    this.#reports.pulse(this.#eventLoop.last)
    if (this.#reports.measured) await within(left(), this.#reports.metrics())
  }

  #connections (): Connections[] {
    return [...this.#apps].map(({ connections }) => connections)
  }

  #primaryLives (): boolean {
    return process.ppid === this.#primaryPid
  }

  #tell (message: ToPrimary): void {
    post(this.#channel, message)
  }
}

/** Whether a debugger may be holding this process. */
function isDebugged (): boolean {
  return inspector.url() !== undefined
}
