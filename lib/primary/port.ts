import type { FastifyBaseLogger } from 'fastify'
import type { ListenerStats } from '../../types/index.js'
import type { Acceptor, AcceptEvents, Lane } from '../lane.js'
import type { Handoff } from './handoff.js'
import type { Bound } from './listener.js'
import type { WorkerHandle } from './worker-handle.js'

/** One shared listener: what it accepts goes to its handoff, and so to the workers that serve its key. */
export class Port {
  readonly key: string
  readonly names: ListenerStats['addresses']
  readonly handoff: Handoff
  readonly #acceptors: Acceptor[] = []
  /** The workers that have a server for it. */
  readonly servers = new Set<WorkerHandle>()
  /** Nothing more is to come from it; its key stays known to workers that start later. */
  closed = false
  /** Resolves when it has let its connections finish, once it is told to. */
  closing: Promise<void> | undefined
  #whenUnserved: Array<() => void> = []

  /**
   * Listens on every bound handle; they are all closed where one of them cannot.
   * @throws listen(2)'s error
   */
  constructor (handoff: Handoff, bound: Bound[], backlog: number, lane: Lane, log: FastifyBaseLogger) {
    this.key = handoff.key
    this.names = bound.map(({ name }) => name)
    this.handoff = handoff
    const events: AcceptEvents = {
      onConnections: connections => { handoff.distribute(connections) },
      onError: err => { log.error({ event: 'accept-error', err, key: this.key }, 'cannot accept connections for %s', this.key) }
    }
    bound.forEach(({ handle }, place) => {
      try {
        this.#acceptors.push(lane.listen(handle, backlog, events))
      } catch (err) {
        for (const acceptor of this.#acceptors) acceptor.close()
        for (const { handle } of bound.slice(place + 1)) handle.close()
        throw err
      }
    })
  }

  serves (worker: WorkerHandle): boolean {
    return this.servers.has(worker)
  }

  /** The worker's server is up: connections may go there. */
  join (worker: WorkerHandle): void {
    // Closed: a worker that starts only now has nothing to finish here, and nobody will tell it to.
    if (this.closed || this.servers.has(worker)) return
    this.servers.add(worker)
    this.handoff.add(worker)
  }

  /** The worker's server is closed, or the worker dead. */
  left (worker: WorkerHandle): void {
    this.handoff.remove(worker)
    this.servers.delete(worker)
    if (this.servers.size > 0) return
    const waiting = this.#whenUnserved
    this.#whenUnserved = []
    for (const run of waiting) run()
  }

  /** Accepts nothing more than what the kernel has ready by now. */
  async shut (): Promise<void> {
    await Promise.all(this.#acceptors.splice(0).map(async acceptor => { await acceptor.close() }))
  }

  /** Resolves when no worker has a server for this key any more. */
  async unserved (): Promise<void> {
    if (this.servers.size > 0) await new Promise<void>(resolve => { this.#whenUnserved.push(resolve) })
  }
}
