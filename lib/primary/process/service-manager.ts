import { successorMark } from '../../platform/role.js'
import type { SafeLog } from '../../fastify/safe-log.js'
import type { PrimaryStatus } from '../insight/overview.js'
import { oneLine } from '../../platform/plain-text.js'
import { takeServiceEnvironment } from '../../platform/service-environment.js'
import { LONGEST_DELAY } from '../../platform/timing.js'
import { within } from '../../platform/within.js'
import { type Message, NotifySocket } from './notify-socket.js'

/**
 * Milliseconds between two messages that ask for more time, and the time that each asks for. A primary that is
 * blocked asks for no more, and the service manager's own timeout applies.
 */
const ASK = 5_000
const MORE_TIME = 15_000

/** The longest status in characters. */
const LONGEST_STATUS = 300

/** What a primary is doing. `idle`: nothing, because its app has closed or has not called listen() yet. */
type Phase = 'idle' | 'starting' | 'ready' | 'reloading' | 'stopping'

export interface Served {
  status (): Pick<PrimaryStatus, 'workers' | 'wanted' | 'reload'>
  log: SafeLog
}

/**
 * Tells the service manager that has started this process what the primary does: sd_notify(3). Without
 * NOTIFY_SOCKET in the environment it does nothing. One for each process.
 */
export class ServiceManager {
  readonly #environment = takeServiceEnvironment()
  #socket: NotifySocket | undefined
  #served: Served | undefined
  #phase: Phase = 'idle'
  /** The number of calls of reload() in progress. */
  #reloads = 0
  /** How the last reload failed. */
  #failure: string | undefined
  #status: string | undefined
  #asking: NodeJS.Timeout | undefined
  #watchdog: NodeJS.Timeout | undefined
  /** Whether another process is the main one: this one has not taken its place yet, or has been replaced. */
  #silent = successorMark !== undefined

  /** Whether there is a service manager to tell. */
  get listens (): boolean {
    return this.#environment.socket !== undefined
  }

  /** Begins to tell what this primary does, from its first call of listen() on. */
  serve (served: Served): void {
    const { socket, watchdog, wrong } = this.#environment
    if (this.#served === undefined) for (const what of wrong) served.log.warn({ event: 'notify-error' }, '%s', oneLine(what))
    this.#served = served
    if (socket === undefined) return
    this.#socket ??= new NotifySocket(socket, served.log)
    if (watchdog !== undefined && this.#watchdog === undefined) this.#watch(watchdog)
  }

  starting (): void {
    if (this.#phase === 'idle') this.#enter('starting', {})
  }

  /** All workers are ready. */
  ready (): void {
    if (this.#phase === 'starting') this.#enter('ready', { READY: 1 })
  }

  /**
   * To be called when reload() has begun, or has failed to. A call of {@link reloaded} must follow each. For
   * `Type=notify-reload` the time counts: the service manager ignores messages older than its SIGHUP.
   */
  reloading (): void {
    this.#reloads++
    if ((this.#phase !== 'ready' && this.#phase !== 'reloading') || this.#served?.status().reload == null) return // it could not begin
    this.#failure = undefined
    this.#enter('reloading', { RELOADING: 1, MONOTONIC_USEC: String(process.hrtime.bigint() / 1_000n) })
  }

  reloaded (failure?: Error): void {
    this.#reloads--
    this.#failure = failure?.message // of two reloads at once, that of the newer one, which ends last
    if (this.#reloads === 0 && this.#phase === 'reloading') this.#enter('ready', { READY: 1 })
  }

  /** This process will exit. Not to be called when only the app closes: the service manager would kill this process. */
  stopping (): void {
    if (this.#phase !== 'stopping') this.#enter('stopping', { STOPPING: 1 })
  }

  /** The app has closed, and this process goes on. */
  closed (): void {
    if (this.#phase !== 'stopping' && this.#phase !== 'idle') this.#enter('idle', {})
  }

  /** Called when the number of ready workers may have changed. */
  changed (): void {
    const status = this.#describe()
    if (status !== this.#status && this.#phase !== 'idle') this.#tell({ STATUS: this.#status = status })
  }

  /** This process is the main one from now on. */
  takeOver (): void {
    this.#silent = false
    this.#status = undefined
  }

  /** Makes another process the main one. This process says nothing any more: the other one does. */
  mainPid (pid: number): void {
    this.#tell({ MAINPID: pid })
    if (pid === process.pid) return
    clearInterval(this.#asking)
    clearInterval(this.#watchdog)
    this.#silent = true
  }

  /** Resolves when everything has been told, `patience` milliseconds later at the latest. */
  async end (patience: number): Promise<void> {
    if (this.#socket !== undefined) await within(patience, this.#socket.end())
  }

  #enter (phase: Phase, message: Message): void {
    this.#phase = phase
    clearInterval(this.#asking)
    const waits = phase === 'starting' || phase === 'reloading' || phase === 'stopping'
    if (waits) this.#asking = setInterval(() => { this.#tell(moreTime) }, ASK).unref()
    this.#status = this.#describe()
    this.#tell({ ...message, STATUS: this.#status, ...(waits && moreTime) })
  }

  #watch (timeout: number): void {
    const beat = (): void => { this.#tell({ WATCHDOG: 1 }) }
    beat()
    this.#watchdog = setInterval(beat, Math.max(1, Math.min(timeout / 2, LONGEST_DELAY))).unref()
  }

  #tell (message: Message): void {
    if (!this.#silent) this.#socket?.send(message)
  }

  #describe (): string {
    if (this.#served === undefined) return ''
    const { workers, wanted, reload } = this.#served.status()
    const ready = workers.filter(({ state }) => state === 'ready').length
    switch (this.#phase) {
      case 'idle': return 'the app is not listening'
      case 'starting': return `starting: ${readyOf(ready, wanted)}`
      case 'ready': return short(readyOf(ready, wanted) + (this.#failure === undefined ? '' : `; the last reload was aborted: ${oneLine(this.#failure)}`))
      case 'reloading': return reload === null ? 'reloading' : `reloading: ${reload.replaced} of ${countOf(reload.workers)} replaced`
      case 'stopping': return `stopping: ${countOf(workers.length)} left`
    }
  }
}

const moreTime = { EXTEND_TIMEOUT_USEC: MORE_TIME * 1_000 }

function readyOf (ready: number, wanted: number): string {
  return ready >= wanted ? `${countOf(ready)} ready` : `${ready} of ${countOf(wanted)} ready`
}

function countOf (workers: number): string {
  return `${workers} ${workers === 1 ? 'worker' : 'workers'}`
}

function short (text: string): string {
  return text.length <= LONGEST_STATUS ? text : `${text.slice(0, LONGEST_STATUS - 3)}...`
}
