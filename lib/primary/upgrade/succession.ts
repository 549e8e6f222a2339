import type { LaneName } from '../../../types/index.js'
import type { SafeLog } from '../../fastify/safe-log.js'
import type { Counted } from '../insight/totals.js'
import type { Legacy } from './messages.js'
import { Predecessor } from './predecessor.js'

/** Milliseconds between two calls of listen() of one app, at most, if a new primary is to serve both from the beginning. */
const NEXT_LISTEN = 1_000

/** What a primary does to take the place of another. */
export interface SuccessionParts {
  primary: {
    readonly lane: { readonly name: LaneName }
    readonly stopping: boolean
    /** Whether the predecessor has sockets that the app has not asked for yet. */
    readonly hasUnclaimed: boolean
    succeed (predecessor: Predecessor, ticketKeys: readonly string[] | undefined): void
    addCounted (counted: Counted): void
    takeOver (): void
  }
  /** Called when this process has taken the predecessor's place. */
  onTakenOver (): Promise<void>
  log: SafeLog
}

/** Takes the place of a predecessor, if this process was started for that: after all calls of listen(), in the order in which nothing is lost. */
export class Succession {
  readonly #parts: SuccessionParts
  readonly #predecessor = Predecessor.find()
  #prepared: Promise<Legacy> | undefined
  #taking: Promise<void> | undefined
  #nextListen: NodeJS.Timeout | undefined

  constructor (parts: SuccessionParts) {
    this.#parts = parts
  }

  /** Whether this process has yet to take the place of another. */
  get pending (): boolean {
    return this.#predecessor?.tookOver === false
  }

  /** Whether the predecessor still has connections to finish. */
  get predecessorLives (): boolean {
    return this.#predecessor?.lives === true
  }

  /** To be called before the first listen(). Resolves with what the predecessor leaves, if it is not the past yet. */
  async prepare (): Promise<Legacy | undefined> {
    if (this.#predecessor === undefined || !this.pending) return undefined
    this.#prepared ??= this.#prepare(this.#predecessor)
    return await this.#prepared
  }

  /**
   * To be called when all workers serve, and no call of listen() is in progress. An app may call listen()
   * several times, one after another: while there are sockets of the predecessor that nothing has asked for,
   * this waits for another call.
   */
  async listened (): Promise<void> {
    clearTimeout(this.#nextListen)
    if (!this.pending) return
    if (this.#parts.primary.hasUnclaimed) this.#nextListen = setTimeout(() => { this.#takeOver() }, NEXT_LISTEN)
    else await this.#takeOver()
  }

  /** This process cannot take the predecessor's place. Resolves when the predecessor has been told. */
  async giveUp (reason: string): Promise<void> {
    clearTimeout(this.#nextListen)
    await this.#predecessor?.giveUp(reason)
  }

  async #prepare (predecessor: Predecessor): Promise<Legacy> {
    const { primary } = this.#parts
    predecessor.onCounted = counted => { primary.addCounted(counted) }
    primary.succeed(predecessor, await predecessor.ticketKeys())
    return predecessor.legacy
  }

  async #takeOver (): Promise<void> {
    if (this.#predecessor === undefined || this.#parts.primary.stopping) return
    this.#taking ??= this.#takeOverFrom(this.#predecessor)
    await this.#taking
  }

  async #takeOverFrom (predecessor: Predecessor): Promise<void> {
    const { primary, onTakenOver, log } = this.#parts
    const { legacy: { predecessor: pid } } = predecessor
    await predecessor.takeOver(primary.lane.name)
    primary.takeOver()
    log.info({ event: 'took-over', predecessorPid: pid }, 'this process has taken the place of process %d', pid)
    await onTakenOver()
  }
}
