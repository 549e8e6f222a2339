import { systemError } from '../../platform/system-error.js'
import type { RawHandle } from '../../platform/node-internals.js'
import type { Addon, Poller } from '../addon.js'
import type { Acceptor, AcceptEvents, Connection } from '../interface.js'
import type { Lingering } from '../linger.js'
import { NativeConnection } from './connection.js'

/** Milliseconds before accepting is retried when the primary is out of descriptors or memory. */
const ACCEPT_PAUSE = 100

/**
 * The most batches that are accepted when a port closes, so that clients that keep connecting do not keep
 * the port open.
 */
const LAST_BATCHES = 64

/** Accepts from one listening descriptor, a batch at a time. */
export class NativeAcceptor implements Acceptor {
  readonly #addon: Addon
  readonly #lingering: Lingering
  readonly #bound: RawHandle
  readonly #poller: Poller
  readonly #fds: Int32Array
  readonly #events: AcceptEvents
  #paused = false
  /** Set while accepting fails. Connections that could not be accepted wait in the kernel's queue. */
  #failing: NodeJS.Timeout | undefined
  #failed = false

  constructor (addon: Addon, lingering: Lingering, bound: RawHandle, backlog: number, events: AcceptEvents) {
    this.#fds = new Int32Array(addon.FRAME_SIZE)
    this.#addon = addon
    this.#lingering = lingering
    this.#bound = bound
    this.#events = events
    try {
      this.#poller = addon.listen(bound.fd, backlog, this.#fds, (count, error) => {
        const connections = this.#accepted(count, error)
        if (connections.length > 0) events.onConnections(connections)
      })
    } catch (err) {
      bound.close()
      throw systemError((err as NodeJS.ErrnoException).errno as number, 'listen')
    }
  }

  pause (): void {
    this.#paused = true
    this.#addon.pause(this.#poller)
  }

  resume (): void {
    this.#paused = false
    this.#poll()
  }

  accept (): readonly Connection[] {
    return this.#failing === undefined ? this.#accept() : []
  }

  async close (): Promise<void> {
    for (let batches = 0, connections; batches < LAST_BATCHES && (connections = this.#accept()).length > 0; batches++) {
      this.#events.onConnections(connections)
    }
    this.abort()
  }

  abort (): void {
    clearTimeout(this.#failing)
    this.#addon.unpoll(this.#poller)
    this.#bound.close()
  }

  #accept (): readonly Connection[] {
    const result = this.#addon.accept(this.#poller)
    const failed = this.#failed && result > 0 // accept() does not report the error that ended the batch
    const connections = this.#accepted(Math.max(0, result), Math.min(0, result))
    this.#failed ||= failed
    return connections
  }

  #accepted (count: number, error: number): readonly Connection[] {
    const connections: Connection[] = []
    for (let i = 0; i < count; i++) connections.push(new NativeConnection(this.#addon, this.#lingering, this.#fds[i] as number))
    if (error < 0) {
      this.#addon.pause(this.#poller)
      clearTimeout(this.#failing)
      this.#failing = setTimeout(() => {
        this.#failing = undefined
        this.#poll()
      }, ACCEPT_PAUSE)
      if (!this.#failed) this.#events.onError(systemError(error, 'accept'))
    }
    this.#failed = error < 0
    return connections
  }

  #poll (): void {
    if (!this.#paused && this.#failing === undefined) this.#addon.resume(this.#poller)
  }
}
