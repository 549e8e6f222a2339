import type { ChildProcess } from 'node:child_process'
import cluster, { type Worker } from 'node:cluster'
import { EventEmitter } from 'node:events'
import { inspect } from 'node:util'
import type { RawHandle } from '../../../platform/node-internals.js'
import { isOurs } from '../../../protocol.js'
import type { InternalMessage } from './worker-channel.js'

/** The backlog of a received server: net.Server's default. */
const BACKLOG = 511

/**
 * Checks the handles that a worker sends with `process.send(message, handle)`. Node makes a socket or a
 * server of each in this process, whether anybody listens for it or not. One that nobody takes stays open
 * for ever, and its 'error' is unhandled and ends this process.
 */
export class ReceivedHandles {
  readonly #child: ChildProcess
  readonly #worker: Worker
  readonly #isInternal: (message: unknown) => boolean
  readonly #mayReturn: boolean
  /** Listeners of Node and of this package, which only forward messages. */
  readonly #passing: Set<unknown>

  /** @param mayReturn whether connections are returned as handles: in the ipc lane */
  constructor (worker: Worker, isInternal: (message: unknown) => boolean, mayReturn: boolean) {
    this.#mayReturn = mayReturn
    this.#worker = worker
    this.#child = worker.process
    this.#isInternal = isInternal
    this.#child.prependListener('message', (_message, handle: unknown) => { if (handle instanceof EventEmitter) handle.on('error', () => {}) })
    this.#passing = new Set([...this.#child.listeners('message'), ...worker.listeners('message')])
  }

  /** @throws with the reason if the handle is invalid; it is closed then */
  take (envelope: InternalMessage, handle: RawHandle | undefined): void {
    if (handle === undefined) return this.#pass(envelope, null) // the handle has not arrived: Node asks for it again
    try {
      const { type, msg } = envelope
      if (this.#mayReturn && isOurs(msg) && msg.type === 'return') return this.#return(msg, handle)
      if (this.#isInternal(msg)) throw new Error(`it sent a descriptor with an internal message of Node's: ${inspect(msg, { depth: 0 })}`)
      if (!this.#isTaken()) return this.#refuse(msg, handle)
      assertFits(type, handle)
      this.#pass(envelope, handle)
    } catch (err) {
      handle.close()
      throw err
    }
  }

  /** Node's part: acknowledges the handle, makes an object of it according to `type`, and emits 'message'. */
  #pass (envelope: InternalMessage, handle: RawHandle | null): void {
    this.#child.emit('internalMessage', envelope, handle)
  }

  #refuse (message: unknown, handle: RawHandle): void {
    handle.close()
    this.#acknowledge()
    this.#child.emit('message', message, undefined)
  }

  /** A connection that the worker returns (lib/lane/ipc.ts). */
  #return (message: object, handle: RawHandle): void {
    if (!('readStart' in handle)) throw new Error('it returned a descriptor that is not a connection')
    this.#acknowledge()
    this.#child.emit('internalMessage', message, handle)
  }

  /** The worker sends no other handle before that. */
  #acknowledge (): void {
    if (this.#child.connected) this.#child.send({ cmd: 'NODE_HANDLE_ACK' }, undefined, { swallowErrors: true } as object, () => {})
  }

  /** Whether a listener may take the handle, which is the parameter after the message. */
  #isTaken (): boolean {
    const takes = (emitter: NodeJS.EventEmitter, before: number): boolean =>
      emitter.listeners('message').some(listener => !this.#passing.has(listener) && listener.length !== before)
    return takes(this.#child, 1) || takes(this.#worker, 1) || takes(cluster, 2)
  }
}

/**
 * Node does not check whether the handle has the type that its message says. It fails later, with an 'error'
 * event that nobody can handle.
 */
function assertFits (type: unknown, handle: RawHandle): void {
  const kind = typeof type === 'string' ? type.split('.')[0] : undefined
  const method = kind === 'net' ? 'readStart' : kind === 'dgram' ? 'recvStart' : undefined
  const fits = method !== undefined && method in handle && (type !== 'net.Server' || handle.listen(BACKLOG) === 0)
  if (!fits) throw new Error(`it sent a descriptor that is not a ${inspect(type)}`)
}
