import { debuglog } from 'node:util'
import type { Ack, Connection, Frame } from '../lane.js'
import { Queue } from '../queue.js'
import type { Clock } from './clock.js'
import type { Scheduler } from './scheduler.js'
import type { WorkerHandle } from './worker-handle.js'

const trace = debuglog('shared-fastify')

/** Milliseconds until those who refused a connection are asked again, when nobody else is left to ask. */
const REFUSAL_PAUSE = 100

/** Milliseconds until a worker whose wire was full is sent something again. */
const FULL_PAUSE = 10

export interface HandoffParts {
  scheduler: Scheduler<WorkerHandle>
  /** The most connections in one frame. */
  frameSize: number
  clock: Clock
  /** A frame is on its way. */
  onSent (): void
}

/**
 * One key's connections on their way from the port to the workers: pending, sent, and taken or back
 * at the head of pending. Whatever happens to a worker, each of them is in one of these places.
 */
export class Handoff {
  readonly #parts: HandoffParts
  readonly #scheduler: Scheduler<WorkerHandle>
  readonly #pending = new Queue<Connection>()
  readonly #refusals = new Map<Connection, Set<WorkerHandle>>()
  readonly #batches = new Map<WorkerHandle, Connection[]>()
  #forgetting: (() => void) | undefined
  #retrying: (() => void) | undefined
  #whenDealt: Array<() => void> = []

  constructor (readonly key: string, parts: HandoffParts) {
    this.#parts = parts
    this.#scheduler = parts.scheduler
  }

  get pending (): number {
    return this.#pending.size
  }

  get members (): readonly WorkerHandle[] {
    return this.#scheduler.members
  }

  add (worker: WorkerHandle): void {
    this.#scheduler.add(worker)
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

  /** Deals what is pending, one by one, to the workers with credit; each gets its share in one frame. */
  deal (): void {
    const offered: Connection[] = []
    const setAside = new Set<Connection>()
    for (let connection; (connection = this.#pending.shift()) !== undefined;) {
      offered.push(connection)
      const worker = this.#scheduler.next(this.#may(connection))
      if (worker !== undefined) {
        this.#batch(worker, connection)
      } else {
        setAside.add(connection)
        if (!this.#refusals.has(connection)) break // nobody has credit: nor for those behind it
      }
    }
    if ([...setAside].some(connection => this.#refusals.has(connection))) this.#forgetRefusalsLater()
    for (const [worker, batch] of this.#batches) {
      if (!this.#send(worker, batch)) for (const connection of batch) setAside.add(connection)
    }
    this.#batches.clear()
    if (setAside.size > 0) this.#pending.unshift(offered.filter(connection => setAside.has(connection)))
    this.#checkDealt()
  }

  /** The worker's answer: what it took is its own, what it refused goes to another. */
  settle (worker: WorkerHandle, { connections }: Frame, { refused }: Ack): void {
    const returned: Connection[] = []
    connections.forEach((connection, place) => {
      if (refused.includes(place)) {
        this.#refuse(connection, worker)
        returned.push(connection)
      } else {
        this.#refusals.delete(connection)
        connection.close()
      }
    })
    trace('worker %d acks %d of %s, refused %d', worker.id, connections.length, this.key, returned.length)
    this.#pending.unshift(returned)
  }

  /**
   * The worker never received them: they go to another. It gets a turn for it later, so that a
   * worker that the system merely did not run for a moment has its share all the same. One turn,
   * however many connections there were: it may have been busy, and should not be flooded.
   */
  takenBack (worker: WorkerHandle, { connections }: Frame): void {
    this.#scheduler.giveBack(worker)
    trace('%d of %s taken back from worker %d', connections.length, this.key, worker.id)
    this.#pending.unshift(connections)
    this.deal()
  }

  /** The worker is dead: what it had not taken goes to the others, the rest went with it. */
  reclaim (worker: WorkerHandle, { connections }: Frame, untaken: readonly Connection[]): void {
    trace('worker %d died with %d of %s un-acked, not taken %d', worker.id, connections.length, this.key, untaken.length)
    for (const connection of connections) {
      if (untaken.includes(connection)) continue
      this.#refusals.delete(connection)
      connection.close()
    }
    this.#pending.unshift(untaken)
    this.deal()
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
    this.#forgetting?.()
    this.#retrying?.()
    for (const connection of this.#pending.drain()) connection.close()
    this.#refusals.clear()
    this.#checkDealt()
  }

  #may (connection: Connection): (worker: WorkerHandle) => boolean {
    const refusers = this.#refusals.get(connection)
    return refusers === undefined ? this.#hasRoom : worker => this.#hasRoom(worker) && !refusers.has(worker)
  }

  readonly #hasRoom = (worker: WorkerHandle): boolean =>
    worker.hasCredit && (this.#batches.get(worker)?.length ?? 0) < this.#parts.frameSize

  #batch (worker: WorkerHandle, connection: Connection): void {
    const batch = this.#batches.get(worker)
    if (batch === undefined) this.#batches.set(worker, [connection])
    else batch.push(connection)
  }

  #send (worker: WorkerHandle, batch: readonly Connection[]): boolean {
    if (!worker.send(this.key, batch, this.#parts.clock.now())) {
      this.#retryLater()
      return false
    }
    trace('%d of %s to worker %d', batch.length, this.key, worker.id)
    this.#parts.onSent()
    return true
  }

  #refuse (connection: Connection, worker: WorkerHandle): void {
    const refusers = this.#refusals.get(connection)
    if (refusers === undefined) this.#refusals.set(connection, new Set([worker]))
    else refusers.add(worker)
  }

  // Whoever has not refused and is merely busy gets it as soon as it has credit; when the pause ends
  // without that, all that are not stalled have refused.
  #forgetRefusalsLater (): void {
    this.#forgetting ??= this.#parts.clock.after(REFUSAL_PAUSE, () => {
      this.#forgetting = undefined
      this.#refusals.clear()
      this.deal()
    })
  }

  // Nothing tells when a full channel, or the kernel's count of descriptors under way, has room again.
  #retryLater (): void {
    this.#retrying ??= this.#parts.clock.after(FULL_PAUSE, () => {
      this.#retrying = undefined
      for (const worker of this.members) worker.retry()
      this.deal()
    })
  }

  #checkDealt (): void {
    if (this.#pending.size > 0 && this.members.length > 0) return
    const waiting = this.#whenDealt
    this.#whenDealt = []
    for (const run of waiting) run()
  }
}
