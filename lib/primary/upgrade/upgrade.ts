import type { Handover, Lane } from '../../lane.js'
import { UpgradeFailedError, UpgradeRefusedError } from '../../errors.js'
import type { SafeLog } from '../../fastify/safe-log.js'
import type { Clock } from '../../platform/clock.js'
import type { Launch } from '../../platform/launch.js'
import type { Emit } from '../insight/events.js'
import type { AdminSocket, OpenSocket } from './messages.js'
import { FIRST_INHERITED, Successor } from './successor.js'

/** Milliseconds for a successor that is told to stop before it took over. */
const STOP_PATIENCE = 5_000

export interface UpgradeParts {
  lane: Lane
  launch (): Launch
  sockets (): OpenSocket[]
  /** The listening socket of the admin server, if there is one. */
  admin (): AdminSocket | undefined
  /** The configured path of the control socket, if there is one. */
  control: string | undefined
  ticketKeys (): readonly string[]
  /** Why no upgrade can begin now, if so. */
  hindrance (): string | undefined
  /** Milliseconds for the successor to be ready; 0: any time. */
  patience: number
  /** Lets the successor go: it is the server then. `handover` is for the connections; undefined if it has another lane. */
  onCommit (successor: Successor, handover: Handover | undefined): void
  emit: Emit
  clock: Clock
  log: SafeLog
}

/**
 * Replaces this process by a new one: starts it with the listening sockets, and goes on serving until it is
 * ready. If it fails before that, everything stays as it was.
 */
export class Upgrade {
  readonly #parts: UpgradeParts
  #successor: Successor | undefined
  #abort: ((reason: string) => void) | undefined

  constructor (parts: UpgradeParts) {
    this.#parts = parts
  }

  /** The process id of the successor that is starting, or that has taken over. */
  get successorPid (): number | undefined {
    return this.#successor?.pid
  }

  /**
   * Resolves with the process id of the successor when it has taken over.
   * @throws SHARED_PORT_ERR_UPGRADE_REFUSED if none can begin now
   * @throws SHARED_PORT_ERR_UPGRADE_FAILED if the successor failed; this process goes on as before
   */
  async run (): Promise<number> {
    const { hindrance, emit, log } = this.#parts
    const reason = this.#successor === undefined ? hindrance() : `an upgrade to process ${this.#successor.pid} is in progress`
    if (reason !== undefined) throw new UpgradeRefusedError(reason)
    try {
      return await this.#run()
    } catch (err) {
      log.error({ event: 'upgrade-aborted', err }, 'the upgrade was aborted, and this process goes on: %s', (err as Error).message)
      emit('upgrade-aborted', { error: err as Error })
      throw err
    }
  }

  /** Ends a successor that has not taken over. To be called when this process stops. */
  abort (reason: string): void {
    this.#abort?.(reason)
  }

  async #run (): Promise<number> {
    const { lane, launch, sockets, admin, control, ticketKeys, patience, onCommit, emit, clock, log } = this.#parts
    let handover: Handover | undefined
    const inherited: number[] = []
    const inherit = (fd: number): number => FIRST_INHERITED - 1 + inherited.push(fd)
    let cancel: (() => void) | undefined
    let failed = false
    try {
      const handing = handover = lane.createHandover()
      const ofAdmin = admin()
      return await new Promise<number>((resolve, reject) => {
        const fail = (reason: string): void => {
          failed = true
          reject(new UpgradeFailedError(reason))
        }
        const successor = new Successor(launch(), inherited, {
          predecessor: process.pid,
          lane: lane.name,
          handover: handing.inherited.map(inherit),
          sockets: sockets().map(socket => ({ ...socket, fd: inherit(socket.fd) })),
          ...(control !== undefined && { control }),
          ...(ofAdmin !== undefined && { admin: { ...ofAdmin, fd: inherit(ofAdmin.fd) } })
        }, ticketKeys, {
          onReady: theirs => {
            if (failed) return // too late: it has been told to stop
            const pid = successor.pid as number
            log.info({ event: 'upgraded', successorPid: pid }, 'process %d takes over: this one finishes its connections', pid)
            emit('upgraded', { pid })
            const same = theirs === lane.name
            if (!same) handing.close()
            this.#abort = undefined
            onCommit(successor, same ? handing : undefined)
            resolve(pid)
          },
          onFailed: reason => { fail(`the new primary ${reason}`) }
        })
        this.#successor = successor
        this.#abort = fail
        handing.start(successor.channel)
        // In the next phase of the event loop: it may have said that it is ready while this process did not run.
        if (patience > 0) cancel = clock.after(patience, () => { setImmediate(() => { fail(`the new primary was not ready within ${patience} ms`) }) })
        const { pid } = successor
        if (pid === undefined) return // it could not be started, and onFailed() follows
        log.info({ event: 'upgrade-start', successorPid: pid }, 'upgrade: process %d is starting, to take the place of this one', pid)
        emit('upgrade-start', { pid })
      })
    } catch (err) {
      handover?.close()
      await this.#end()
      throw err instanceof UpgradeFailedError ? err : new UpgradeFailedError((err as Error).message)
    } finally {
      cancel?.()
    }
  }

  /** Ends the successor, and waits until it has removed what it had made. */
  async #end (): Promise<void> {
    const successor = this.#successor
    if (successor === undefined) return
    successor.kill('SIGTERM')
    const cancel = this.#parts.clock.after(STOP_PATIENCE, () => { successor.kill('SIGKILL') })
    await successor.gone()
    cancel()
    this.#successor = undefined
    this.#abort = undefined
  }
}
