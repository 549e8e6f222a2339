import { debuglog } from 'node:util'
import type { Ack, Connection, Frame } from '../lane.js'
import { Queue } from '../queue.js'
import type { Clock } from './clock.js'
import type { Refusals } from './refusals.js'
import type { Scheduler } from './scheduler.js'
import type { OpenFrame, WorkerHandle } from './worker-handle.js'

const trace = debuglog('shared-fastify')

/** Milliseconds until those who refused connections are asked again, when nobody else is left to ask. */
const REFUSAL_PAUSE = 100

/** Milliseconds that a frame may be un-acked and its worker is merely busy: it will soon have credit again. */
const BUSY = 10

/** Milliseconds until a worker whose wire was full is sent something again. */
const FULL_PAUSE = 10

export interface HandoffParts {
  scheduler: Scheduler<WorkerHandle>
  refusals: Refusals
  /** The most connections in one frame. */
  frameSize: number
  clock: Clock
  /** A frame is on its way. */
  onSent (): void
  /** Somebody has credit: what else there is to be dealt. */
  fetch (): readonly Connection[]
  /** All that can be dealt is dealt. */
  onDealt (): void
  /** Workers have credit again, for whatever key. */
  onCredit (): void
}

/**
 * One key's connections on their way from the port to the workers: pending, sent, and taken or back
 * at the head of pending. Whatever happens to a worker, each of them is in one of these places.
 */
export class Handoff {
  readonly #parts: HandoffParts
  readonly #scheduler: Scheduler<WorkerHandle>
  readonly #pending = new Queue<Connection>()
  readonly #refusals: Refusals
  readonly #batches = new Map<WorkerHandle, Connection[]>()
  readonly #full = new Set<WorkerHandle>()
  /** How many connections each worker gets at most, of those that are dealt now. */
  #share = 0
  /** How many of those that all have refused may be offered again now. */
  #toAskAgain = 0
  #askingAgain: (() => void) | undefined
  #retrying: (() => void) | undefined
  #whenDealt: Array<() => void> = []

  constructor (readonly key: string, parts: HandoffParts) {
    this.#parts = parts
    this.#scheduler = parts.scheduler
    this.#refusals = parts.refusals
  }

  get pending (): number {
    return this.#pending.size + this.#refusals.waiting
  }

  /** Whether there is anybody who could be sent something. */
  get hasCredit (): boolean {
    return this.members.some(({ hasCredit }) => hasCredit)
  }

  get members (): readonly WorkerHandle[] {
    return this.#scheduler.members
  }

  add (worker: WorkerHandle): void {
    this.#scheduler.add(worker)
    this.#pending.unshift(this.#refusals.all())
    this.deal()
  }

  /** It gets nothing more. What it has un-acked stays with it until its ack or its exit. */
  remove (worker: WorkerHandle): void {
    this.#scheduler.remove(worker)
    this.#checkDealt()
  }

  /** Accepted connections come in here. */
  distribute (connections: readonly Connection[]): void {
    for (const connection of connections) this.#pending.push(connection)
    this.deal()
  }

  /**
   * Deals what is pending, one by one, to the workers with credit; each gets its share in one frame.
   * The share of those that are merely busy stays pending: otherwise a burst would go to the one
   * that is the first to ack, and keep it busy as long as the connections live.
   */
  deal (): void {
    if (this.hasCredit) for (const connection of this.#parts.fetch()) this.#pending.push(connection)
    const toDeal = this.#pending.size + Math.min(this.#toAskAgain, this.#refusals.waiting)
    if (toDeal > 0) this.#deal(toDeal)
    this.#checkDealt()
    this.#parts.onDealt()
  }

  #deal (toDeal: number): void {
    const now = this.#parts.clock.now()
    this.#share = Math.min(this.#parts.frameSize, Math.max(1, Math.ceil(toDeal / this.#countSharers(now))))
    const dealt: Connection[] = []
    for (let connection; (connection = this.#next()) !== undefined;) {
      const worker = this.#scheduler.next(this.#may(connection))
      if (worker !== undefined) {
        this.#batch(worker, connection)
        dealt.push(connection)
      } else if (this.members.some(this.#hasRoom)) {
        this.#refusals.wait(connection, this.members)
        this.#askAgainLater()
      } else {
        this.#pending.unshift([connection])
        break // nobody has credit: nor for those behind it
      }
    }
    const unsent = new Set<Connection>()
    for (const [worker, batch] of this.#batches) {
      if (!this.#send(worker, batch, now)) for (const connection of batch) unsent.add(connection)
    }
    this.#batches.clear()
    if (unsent.size === 0) return
    this.#pending.unshift(dealt.filter(connection => unsent.has(connection)))
    this.deal() // to others: those who could not be sent theirs have no credit now
  }

  /** The worker's answer: what it took is its own, what it refused goes to another. */
  settle (worker: WorkerHandle, { connections }: Frame, { refused }: Ack): void {
    const returned: Connection[] = []
    connections.forEach((connection, place) => {
      if (refused.includes(place)) {
        if (this.#refusals.add(connection, worker)) this.#toAskAgain = 0
        returned.push(connection)
      } else {
        // There is room again: as long as it lasts, ever more of those that wait are offered.
        if (this.#refusals.forget(connection)) this.#toAskAgain += 2
        connection.close()
      }
    })
    trace('worker %d acks %d of %s, refused %d', worker.id, connections.length, this.key, returned.length)
    if (returned.length > 0) this.#pending.unshift(returned)
    if (this.#refusals.waiting > 0) this.#pending.unshift(this.#refusals.askable(worker))
  }

  /**
   * The worker never received them: they go to another. It gets a turn for it later, so that a
   * worker that the system merely did not run for a moment has its share all the same. One turn,
   * however many connections there were: it may have been busy, and should not be flooded.
   */
  takenBack (worker: WorkerHandle, { connections }: Frame): void {
    this.#scheduler.giveBack(worker)
    trace('%d of %s taken back from worker %d', connections.length, this.key, worker.id)
    if (worker.isFull) this.#retryLater(worker) // it could not be asked whether it runs again
    this.#pending.unshift(connections)
    this.deal()
  }

  /** The worker is dead: what it had not taken goes to the others, the rest went with it. */
  reclaim (worker: WorkerHandle, { connections }: Frame, untaken: readonly Connection[]): void {
    trace('worker %d died with %d of %s un-acked, not taken %d', worker.id, connections.length, this.key, untaken.length)
    for (const connection of connections) {
      if (untaken.includes(connection)) continue
      this.#refusals.forget(connection)
      connection.close()
    }
    this.#pending.unshift(untaken)
    this.deal()
  }

  /**
   * Whether others would take the worker's frame sooner than it does: one has credit; or all are
   * busy, but it is more than that, and one has been sent something since.
   */
  wants (worker: WorkerHandle, { sentAt }: OpenFrame): boolean {
    const isStalled = this.#parts.clock.now() - sentAt >= BUSY
    return this.members.some(other => other !== worker &&
      (other.hasCredit || worker.state === 'draining' || (isStalled && other.frame !== null && other.frame.sentAt > sentAt)))
  }

  /** Resolves when nothing is pending, or nobody is left to send it to. */
  async dealt (): Promise<void> {
    await new Promise<void>(resolve => {
      this.#whenDealt.push(resolve)
      this.#checkDealt()
    })
  }

  /** Ends what is pending: nobody will serve it. */
  close (): void {
    this.#askingAgain?.()
    this.#retrying?.()
    this.#retry()
    for (const connection of [...this.#pending.drain(), ...this.#refusals.all()]) connection.close()
    this.#refusals.clear()
    this.#checkDealt()
  }

  #next (): Connection | undefined {
    if (this.#toAskAgain === 0 || !this.members.some(this.#hasRoom)) return this.#pending.shift()
    const waiting = this.#refusals.first()
    if (waiting === undefined) this.#toAskAgain = 0
    else this.#toAskAgain--
    return waiting ?? this.#pending.shift()
  }

  #may (connection: Connection): (worker: WorkerHandle) => boolean {
    const refusers = this.#refusals.of(connection)
    return refusers === undefined ? this.#hasRoom : worker => this.#hasRoom(worker) && !refusers.has(worker)
  }

  readonly #hasRoom = (worker: WorkerHandle): boolean =>
    worker.hasCredit && (this.#batches.get(worker)?.length ?? 0) < this.#share

  #countSharers (now: number): number {
    let sharers = 0
    for (const { hasCredit, frame } of this.members) {
      if (hasCredit || (frame !== null && frame.connections.length > 0 && now - frame.sentAt < BUSY)) sharers++
    }
    return sharers
  }

  #batch (worker: WorkerHandle, connection: Connection): void {
    const batch = this.#batches.get(worker)
    if (batch === undefined) this.#batches.set(worker, [connection])
    else batch.push(connection)
  }

  #send (worker: WorkerHandle, batch: readonly Connection[], now: number): boolean {
    if (!worker.send(this.key, batch, now)) {
      this.#retryLater(worker)
      return false
    }
    trace('%d of %s to worker %d', batch.length, this.key, worker.id)
    this.#parts.onSent()
    return true
  }

  // Whoever could not be asked is as soon as it has credit. The others get one connection each to see
  // whether they have room again: all of them, for each in turn, would be work for nothing.
  #askAgainLater (): void {
    this.#askingAgain ??= this.#parts.clock.after(REFUSAL_PAUSE, () => {
      this.#askingAgain = undefined
      this.#toAskAgain = Math.max(1, this.members.length)
      this.deal()
      if (this.#refusals.waiting > 0) this.#askAgainLater()
    })
  }

  // Nothing tells when a full channel, or the kernel's count of descriptors under way, has room again.
  #retryLater (worker: WorkerHandle): void {
    this.#full.add(worker)
    this.#retrying ??= this.#parts.clock.after(FULL_PAUSE, () => {
      this.#retrying = undefined
      this.#retry()
    })
  }

  #retry (): void {
    if (this.#full.size === 0) return
    for (const worker of this.#full) worker.retry()
    this.#full.clear()
    this.#parts.onCredit()
  }

  #checkDealt (): void {
    if (this.#whenDealt.length === 0 || (this.pending > 0 && this.members.length > 0)) return
    const waiting = this.#whenDealt
    this.#whenDealt = []
    for (const run of waiting) run()
  }
}
