import type { WorkerHandle } from '../workers/worker-handle.js'
import type { Port } from './port.js'

interface Listener { resolve: () => void, reject: (err: Error) => void }

/** The calls of `listen()` that wait until every slot has a worker that serves their port. */
export class Awaited {
  readonly #calls = new Map<Port, Listener>()
  #up = false

  /** Whether every call of `listen()` was served once: a failure from now on ends nothing else. */
  get up (): boolean {
    return this.#up
  }

  /** In development no call waits, whatever becomes of the workers. */
  skip (): void {
    this.#up = true
  }

  /** Resolves when the port is served; {@link settle} says when. */
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

  /** Takes a port's call, if one waits, so that nothing else settles it. Returns what rejects it. */
  take (port: Port): (err: Error) => void {
    const call = this.#calls.get(port)
    this.#calls.delete(port)
    return err => { call?.reject(err) }
  }

  /** The same for all calls. */
  takeAll (): (err: Error) => void {
    const calls = [...this.#calls.values()]
    this.#calls.clear()
    return err => { for (const { reject } of calls) reject(err) }
  }
}
