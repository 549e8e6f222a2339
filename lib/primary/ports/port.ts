import type { ListenerStats } from '../../../types/index.js'
import type { Handoff } from '../dealing/handoff.js'
import type { Intake } from './intake.js'
import type { WorkerHandle } from '../workers/worker-handle.js'

/** One shared listener: what it accepts goes to its handoff, and so to the workers that serve its key. */
export class Port {
  readonly key: string
  readonly names: ListenerStats['addresses']
  readonly handoff: Handoff
  readonly #intake: Intake
  /** Whether its workers speak HTTP/1 in plain: then a connection can be answered without them. Undefined until there is one. */
  answerable: boolean | undefined
  /** The workers that have a server for it. */
  readonly servers = new Set<WorkerHandle>()
  /** Nothing more is to come from it; its key stays known to workers that start later. */
  closed = false
  /** Resolves when it has let its connections finish, once it is told to. */
  closing: Promise<void> | undefined
  #whenUnserved: Array<() => void> = []

  constructor (names: ListenerStats['addresses'], handoff: Handoff, intake: Intake) {
    this.key = handoff.key
    this.names = names
    this.handoff = handoff
    this.#intake = intake
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
    await this.#intake.close()
  }

  /** Resolves when no worker has a server for this key any more. */
  async unserved (): Promise<void> {
    if (this.servers.size > 0) await new Promise<void>(resolve => { this.#whenUnserved.push(resolve) })
  }
}
