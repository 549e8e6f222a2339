import type { WorkerHandle } from '../workers/worker-handle.js'
import type { Port } from './port.js'

interface Listener { resolve: () => void, reject: (err: Error) => void }

/** The calls of listen() that wait until every slot has a worker that serves their port. */
export class Awaited {
  readonly #calls = new Map<Port, Listener>()
  #up = false

  /**
   * Whether all calls of listen() have been served once. From then on, the failure of a worker does not end
   * the others.
   */
  get up (): boolean {
    return this.#up
  }

  /** In development, no call waits, whatever becomes of the workers. */
  skip (): void {
    this.#up = true
  }

  /** Resolves when the port is served, which {@link settle} decides. */
  add (port: Port): Promise<void> {
    return new Promise((resolve, reject) => { this.#calls.set(port, { resolve, reject }) })
  }

  /** Resolves the calls whose ports are served now. */
  settle (everySlot: (serves: (worker: WorkerHandle) => boolean) => boolean): void {
    for (const [port, { resolve }] of this.#calls) {
      if (!everySlot(worker => port.serves(worker))) continue
      this.#calls.delete(port)
      resolve()
    }
    this.#up ||= this.#calls.size === 0
  }

  /** The awaited ports that this worker does not serve. */
  unservedBy (worker: WorkerHandle): Port[] {
    return [...this.#calls.keys()].filter(port => !port.serves(worker))
  }

  /** Removes a port's call, if there is one, so that nothing else settles it. Returns a function that rejects it. */
  take (port: Port): (err: Error) => void {
    const call = this.#calls.get(port)
    this.#calls.delete(port)
    return err => { call?.reject(err) }
  }

  /** Like {@link take}, for all calls. */
  takeAll (): (err: Error) => void {
    const calls = [...this.#calls.values()]
    this.#calls.clear()
    return err => { for (const { reject } of calls) reject(err) }
  }
}
