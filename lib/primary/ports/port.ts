import type { ListenerStats } from '../../../types/index.js'
import { type Clock, timeLeft } from '../../platform/clock.js'
import type { Handed, Handover, Returned } from '../../lane.js'
import type { Handoff } from '../dealing/handoff.js'
import type { Held } from '../dealing/held.js'
import type { OpenSocket } from '../upgrade/messages.js'
import type { Intake } from './intake.js'
import type { Bound } from './listener.js'
import type { WorkerHandle } from '../workers/worker-handle.js'

/**
 * Milliseconds for which held connections are watched when the port closes. As long as a worker waits on its
 * idle connections then (PROMPT_IDLE in lib/worker/drain.ts): a client that sends one request after another,
 * with a latency of up to that, is faster.
 */
const LAST_REQUESTS = 100

/** A shared listener. Its handoff passes the connections that it accepts to the workers that serve its key. */
export class Port {
  readonly key: string
  readonly names: ListenerStats['addresses']
  readonly handoff: Handoff
  /** The connections that workers have returned. */
  readonly held: Held
  readonly #bound: readonly Bound[]
  readonly #intake: Intake
  readonly #clock: Clock
  /**
   * Whether its workers speak unencrypted HTTP/1, so that the primary can answer a connection itself.
   * Undefined until a worker has served.
   */
  answerable: boolean | undefined
  /** The workers that have a server for it. */
  readonly servers = new Set<WorkerHandle>()
  /** Whether it has stopped accepting. Its key stays known to workers that start later. */
  closed = false
  /** Set when it is told to close. Resolves when its connections have finished. */
  closing: Promise<void> | undefined
  #whenUnserved: Array<() => void> = []

  constructor (bound: readonly Bound[], handoff: Handoff, held: Held, intake: Intake, clock: Clock) {
    this.key = handoff.key
    this.names = bound.map(({ name }) => name)
    this.#bound = bound
    this.handoff = handoff
    this.held = held
    this.#intake = intake
    this.#clock = clock
  }

  /** Its listening sockets. */
  get sockets (): OpenSocket[] {
    return this.#bound.map(({ asked, name, handle, file }) => ({ key: this.key, asked, name, fd: handle.fd, ...(file !== undefined && { file: file.path }) }))
  }

  serves (worker: WorkerHandle): boolean {
    return this.servers.has(worker)
  }

  /** Called when the worker's server is up: connections may be sent to it. */
  join (worker: WorkerHandle): void {
    // If the port is closed, a worker that starts only now has nothing to finish here, and would never be
    // told to leave.
    if (this.closed || this.servers.has(worker)) return
    this.servers.add(worker)
    this.handoff.add(worker)
  }

  /** Called when the worker's server is closed, or the worker is dead. */
  left (worker: WorkerHandle): void {
    this.handoff.remove(worker)
    this.servers.delete(worker)
    if (this.servers.size > 0) return
    const waiting = this.#whenUnserved
    this.#whenUnserved = []
    for (const run of waiting) run()
  }

  /**
   * Stops accepting, after the connections that are in the kernel's queue by now, and ends what is held.
   * Resolves when all connections are with a worker, or after `grace` milliseconds.
   */
  async shut (grace: number): Promise<void> {
    const deadline = this.#clock.now() + grace
    await Promise.all([this.#intake.close(), this.held.end(LAST_REQUESTS)])
    let cancel: (() => void) | undefined
    await Promise.race([
      this.handoff.dealt(),
      new Promise<void>(resolve => { cancel = this.#clock.after(timeLeft(this.#clock, deadline), resolve) })
    ])
    cancel?.()
  }

  /**
   * Stops accepting, and lets the workers finish their connections within `grace` milliseconds. Resolves
   * when no worker serves it.
   */
  async finish (grace: number): Promise<void> {
    const deadline = this.#clock.now() + grace
    await this.shut(grace)
    for (const worker of this.servers) {
      this.handoff.remove(worker)
      worker.whenSettled(() => { worker.tell({ type: 'drain', key: this.key, grace: timeLeft(this.#clock, deadline), prompt: true }) })
    }
    if (this.servers.size > 0) await new Promise<void>(resolve => { this.#whenUnserved.push(resolve) })
    this.handoff.close()
  }

  /** Begins to accept on sockets of a predecessor. */
  accept (): void {
    this.#intake.begin()
  }

  /** Stops accepting. What is in the kernel's queue is for another process. */
  leave (): void {
    this.#intake.leave()
  }

  /** Stops accepting, and hands everything that no worker has to a successor, from now on. */
  handOver (handover: Handover): void {
    this.leave()
    this.held.handOver(connections => { handover.send(this.key, 'held', connections) })
    this.handoff.handOver(connections => { handover.send(this.key, 'pending', connections.map(connection => ({ connection, left: 0 }))) })
  }

  /** Gets a connection of a predecessor. */
  takeOver (as: Handed, connections: readonly Returned[]): void {
    if (as === 'pending') this.handoff.distribute(connections.map(({ connection }) => connection))
    else for (const returned of connections) this.held.add(returned)
  }

  /** Stops accepting at once, and closes the pending connections, which no worker will serve. */
  abandon (): void {
    this.#intake.abort()
    this.held.end(0)
    this.handoff.close()
  }
}
