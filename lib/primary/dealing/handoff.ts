import { debuglog } from 'node:util'
import type { Ack, Connection, Frame } from '../../lane.js'
import type { Clock } from '../../platform/clock.js'
import { DealLater } from './deal-later.js'
import { BUSY, levelOf, SATURATED } from './level.js'
import { Member } from './member.js'
import type { Overload } from '../ports/overload.js'
import { Pending } from './pending.js'
import type { May, Policy } from './policy.js'
import type { Refusals } from './refusals.js'
import type { Scheduler } from './scheduler.js'
import type { OpenFrame, WorkerHandle } from '../workers/worker-handle.js'

const trace = debuglog('shared-fastify')

export interface HandoffParts {
  createScheduler (rank: (member: Member) => number): Scheduler<Member>
  policy: Policy
  refusals: Refusals
  overload: Overload
  /** The most connections in one frame. */
  frameSize: number
  /** The most connections that a worker may have at a time. */
  mostConnections: number
  clock: Clock
  /** Called when a frame is sent. */
  onSent (): void
  /** Returns further connections to deal. Called when a worker has credit. */
  fetch (): readonly Connection[]
  /** Called when everything is dealt that can be. */
  onDealt (): void
  /** Called when workers have credit again, for any key. */
  onCredit (): void
}

/**
 * The connections of one key on their way from the port to the workers. Each is pending, or sent; then it is
 * taken, or returns to the head of the pending ones. Whatever happens to a worker, each connection is in
 * exactly one of these places.
 */
export class Handoff {
  readonly #parts: HandoffParts
  readonly #scheduler: Scheduler<Member>
  readonly #policy: Policy
  readonly #members = new Map<WorkerHandle, Member>()
  readonly #unwatch = new Map<Member, () => void>()
  readonly #saturated = new Set<Member>()
  readonly #refusals: Refusals
  readonly #pending: Pending
  readonly #later: DealLater
  /** Members with this load or more get nothing now. */
  #below = Infinity
  #whenDealt: Array<() => void> = []
  #dealing = false
  /** Whether deal() was called again while it was running. */
  #dealAgain = false
  #handOver: ((connections: readonly Connection[]) => void) | undefined
  #taken = 0

  constructor (readonly key: string, parts: HandoffParts) {
    this.#parts = parts
    this.#scheduler = parts.createScheduler(this.#rank)
    this.#policy = parts.policy
    this.#refusals = parts.refusals
    this.#pending = new Pending(parts.policy, parts.refusals)
    this.#later = new DealLater({
      clock: parts.clock,
      deal: () => { this.deal() },
      onCredit: parts.onCredit,
      offerAgain: () => this.#offerAgain()
    })
  }

  get pending (): number {
    return this.#pending.size
  }

  /** The number of connections that workers have taken. */
  get taken (): number {
    return this.#taken
  }

  /** The number of connections that were shed. */
  get shed (): number {
    return this.#parts.overload.shedCount
  }

  /** Whether a frame can be sent to any member. */
  get hasCredit (): boolean {
    return this.#scheduler.has(this.#below)
  }

  get members (): readonly WorkerHandle[] {
    return this.#scheduler.members.map(({ worker }) => worker)
  }

  add (worker: WorkerHandle): void {
    const member = new Member(worker)
    this.#members.set(worker, member)
    this.#unwatch.set(member, worker.watch(() => { this.#changed(member) }))
    this.#policy.add(member)
    this.#scheduler.add(member)
    this.#changed(member)
    this.#pending.putBack(this.#refusals.all())
    this.deal()
  }

  /** Removes a worker, which gets nothing more. It keeps its un-acked connections until its ack or its exit. */
  remove (worker: WorkerHandle): void {
    const member = this.#members.get(worker)
    if (member === undefined) return
    this.#members.delete(worker)
    this.#unwatch.get(member)?.()
    this.#unwatch.delete(member)
    this.#saturated.delete(member)
    this.#scheduler.remove(member)
    const released = this.#policy.remove(member)
    this.#pending.putBack(released)
    if (released.length > 0) this.deal()
    else this.#checkDealt()
  }

  /**
   * Adds accepted connections.
   * @param busy a worker that they should not go to, as if it had refused them
   */
  distribute (connections: readonly Connection[], busy?: WorkerHandle): void {
    if (busy !== undefined && this.#members.has(busy)) for (const connection of connections) this.#pending.refused(connection, busy)
    this.#pending.add(connections, this.#parts.clock.now())
    this.deal()
  }

  /**
   * Deals the pending connections one by one to the workers with credit. Each gets its share in one frame.
   * The share of workers that are merely busy stays pending: otherwise a burst would go to the first worker
   * that acks, and keep it busy for as long as the connections live.
   */
  deal (): void {
    if (this.#handOver !== undefined) {
      const connections = this.drop(() => true)
      if (connections.length > 0) this.#handOver(connections)
      return
    }
    this.#dealAgain = true
    if (this.#dealing) return // a failed send may lead back here
    this.#dealing = true
    try {
      while (this.#dealAgain) {
        this.#dealAgain = false
        this.#dealAll()
      }
    } finally {
      this.#dealing = false
    }
    this.#shedExcess()
    this.#dealt()
  }

  #dealAll (): void {
    const now = this.#parts.clock.now()
    this.#below = Infinity
    if (this.hasCredit) this.#pending.add(this.#parts.fetch(), now)
    const toDeal = this.#pending.dealable
    if (toDeal === 0) return
    this.#deal(toDeal, now)
    this.#lookAgain(now)
  }

  #deal (toDeal: number, now: number): void {
    this.#policy.begin()
    if ((toDeal > 1 && this.#policy.levels) || (this.#saturated.size > 0 && this.#policy.spares)) this.#setLevel(toDeal, now)
    const dealt: Connection[] = []
    const receivers: Member[] = []
    for (let connection; this.hasCredit && (connection = this.#pending.next(this.#may)) !== undefined;) {
      const member = this.#choose(connection)
      if (member === null) continue // it has to wait, and the policy keeps it
      if (member !== undefined) {
        if (member.batch.push(connection) === 1) receivers.push(member)
        this.#scheduler.changed(member)
        dealt.push(connection)
      } else {
        this.#refusals.wait(connection, this.members)
        this.#later.refused()
      }
    }
    const unsent: Connection[] = []
    for (const member of receivers) {
      const { batch } = member
      member.batch = []
      if (!this.#send(member.worker, batch, now)) unsent.push(...batch)
    }
    if (unsent.length === 0) return
    this.#pending.putBack(dealt.filter(connection => unsent.includes(connection)))
    this.#dealAgain = true // to others: workers whose send failed have no credit now
  }

  /** Handles an ack: the worker owns the connections that it took, and those that it refused go to another. */
  settle (worker: WorkerHandle, { connections }: Frame, { refused }: Ack): void {
    const returned: Connection[] = []
    connections.forEach((connection, place) => {
      if (refused.includes(place)) {
        this.#pending.refused(connection, worker)
        returned.push(connection)
      } else {
        this.#pending.taken(connection)
        this.#taken++
        connection.close()
      }
    })
    trace('worker %d acks %d of %s, refused %d', worker.id, connections.length, this.key, returned.length)
    if (returned.length > 0) this.#pending.putBack(returned)
    if (this.#refusals.waiting > 0) this.#pending.putBack(this.#refusals.askable(worker))
  }

  /**
   * Handles connections that the worker never received: they go to another. The worker gets an extra turn
   * later, so that it has its share even if the system just did not run it for a moment. One turn, however
   * many connections there were: it may have been busy, and should not be flooded.
   */
  takenBack (worker: WorkerHandle, { connections }: Frame): void {
    const member = this.#members.get(worker)
    if (member !== undefined) this.#scheduler.giveBack(member)
    trace('%d of %s taken back from worker %d', connections.length, this.key, worker.id)
    if (worker.isFull) this.#later.full(worker) // the probe could not be sent to it
    this.#pending.putBack(connections)
    this.deal()
  }

  /** Handles the death of a worker: connections that it had not taken go to the others, the rest are lost. */
  reclaim (worker: WorkerHandle, { connections }: Frame, untaken: readonly Connection[]): void {
    trace('worker %d died with %d of %s un-acked, not taken %d', worker.id, connections.length, this.key, untaken.length)
    for (const connection of connections) {
      if (untaken.includes(connection)) continue
      this.#refusals.forget(connection)
      connection.close()
    }
    this.#pending.putBack(untaken)
    this.deal()
  }

  /**
   * Whether others could take the worker's frame sooner than it does: one of them has credit; or all are
   * busy, but this one is stalled, and another has been sent something since.
   */
  wants (worker: WorkerHandle, { sentAt }: OpenFrame): boolean {
    if (this.#handOver !== undefined) return true
    const isStalled = this.#parts.clock.now() - sentAt >= BUSY
    return this.#scheduler.members.some(member => {
      const { worker: other } = member
      return other !== worker &&
        (this.#rank(member) < Infinity || worker.state === 'draining' || (isStalled && other.frame !== null && other.frame.sentAt > sentAt))
    })
  }

  /** Removes and returns the matching pending connections. */
  drop (matches: (connection: Connection) => boolean): Connection[] {
    const dropped = this.#pending.drop(matches)
    this.#checkDealt()
    this.#parts.onDealt()
    return dropped
  }

  /**
   * Answers every client with this from now on, instead of letting it wait for a worker. Undefined: lets
   * them wait again.
   */
  refuse (outage: Buffer | undefined): void {
    this.#parts.overload.outage = outage
    this.deal()
  }

  /** Passes on everything that is pending, and that comes in from now on. */
  handOver (to: (connections: readonly Connection[]) => void): void {
    this.#handOver = to
    this.deal()
  }

  /** Resolves when nothing is pending, or there is no worker left to send it to. */
  async dealt (): Promise<void> {
    await new Promise<void>(resolve => {
      this.#whenDealt.push(resolve)
      this.#checkDealt()
    })
  }

  /** Closes the pending connections. */
  close (): void {
    for (const connection of this.drop(() => true)) connection.close()
    this.#later.stop()
    this.#refusals.clear()
    this.#parts.overload.stop()
  }

  #changed (member: Member): void {
    if (member.worker.saturated) this.#saturated.add(member)
    else this.#saturated.delete(member)
    this.#scheduler.changed(member)
  }

  /** Returns null if the policy keeps the connection, undefined if all that can be asked have refused it. */
  #choose (connection: Connection): Member | null | undefined {
    const refusers = this.#refusals.of(connection)
    const may: May = refusers === undefined ? this.#may : member => this.#may(member) && !refusers.has(member.worker)
    const chosen = this.#policy.choose(connection, may, refusers)
    if (chosen !== undefined) return chosen
    return refusers === undefined ? this.#scheduler.next(this.#below) : this.#scheduler.nextOf(may)
  }

  readonly #may: May = member => this.#rank(member) < this.#below

  readonly #rank = (member: Member): number => {
    const { worker, batch, view } = member
    if (!worker.hasCredit || batch.length >= this.#parts.frameSize || this.#isFull(member)) return Infinity
    return this.#policy.load(view, batch.length) + (worker.saturated && this.#policy.spares ? SATURATED : 0)
  }

  readonly #isFull = (member: Member): boolean => {
    const { mostConnections } = this.#parts
    return mostConnections !== Infinity && member.connections >= mostConnections
  }

  #setLevel (toDeal: number, now: number): void {
    const { members } = this.#scheduler
    for (const member of members) this.#scheduler.changed(member) // connections may have been closed since
    this.#below = levelOf(members, toDeal, now, this.#policy, this.#isFull)
  }

  #send (worker: WorkerHandle, batch: readonly Connection[], now: number): boolean {
    if (!worker.send(this.key, batch, now)) {
      this.#later.full(worker)
      return false
    }
    trace('%d of %s to worker %d', batch.length, this.key, worker.id)
    this.#parts.onSent()
    return true
  }

  #shedExcess (): void {
    const { overload } = this.#parts
    const excess = overload.excess(this.pending)
    if (excess > 0) for (const connection of this.#pending.dropNewest(excess)) overload.shed(connection)
  }

  // A worker that could not be asked is asked as soon as it has credit. The others get one connection each,
  // to find out whether they have room again: offering all connections to each of them would be wasted work.
  #offerAgain (): boolean {
    this.#pending.offerAgain(Math.max(1, this.#members.size))
    this.deal()
    return this.#refusals.waiting > 0
  }

  // A connection that waits for one worker has to go on without it some time, and a saturated worker may be
  // the only one left. No ack reports either.
  #lookAgain (now: number): void {
    if (!this.#scheduler.has(Infinity)) return // then an ack or a report follows
    const isSparing = !this.hasCredit && this.#pending.unrefused > 0
    const delay = Math.min(this.#policy.due() ?? Infinity, isSparing ? BUSY : Infinity)
    if (delay !== Infinity) this.#later.within(delay, now)
  }

  #dealt (): void {
    this.#checkDealt()
    this.#parts.overload.watch(this.pending)
    this.#parts.onDealt()
  }

  #checkDealt (): void {
    if (this.#dealing || this.#whenDealt.length === 0 || (this.pending > 0 && this.#members.size > 0)) return
    const waiting = this.#whenDealt
    this.#whenDealt = []
    for (const run of waiting) run()
  }
}
