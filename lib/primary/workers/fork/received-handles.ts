import type { ChildProcess } from 'node:child_process'
import cluster, { type Worker } from 'node:cluster'
import { EventEmitter } from 'node:events'
import { inspect } from 'node:util'
import type { RawHandle } from '../../../platform/node-internals.js'
import type { InternalMessage } from './worker-channel.js'

/** Waiting connections at most, where a server is received: net.Server's own default. */
const BACKLOG = 511

/**
 * What a worker sends by `process.send(message, handle)`. Node makes a socket or a server of it, in this process, whether anybody
 * listens for it or not: one that nobody takes stays open for ever, and ends this process by an 'error' that nobody handles.
 */
export class ReceivedHandles {
  readonly #child: ChildProcess
  readonly #worker: Worker
  readonly #isInternal: (message: unknown) => boolean
  /** Node's, and this package's: they pass messages on. */
  readonly #passing: Set<unknown>

  constructor (worker: Worker, isInternal: (message: unknown) => boolean) {
    this.#worker = worker
    this.#child = worker.process
    this.#isInternal = isInternal
    this.#child.prependListener('message', (_message, handle: unknown) => { if (handle instanceof EventEmitter) handle.on('error', () => {}) })
    this.#passing = new Set([...this.#child.listeners('message'), ...worker.listeners('message')])
  }

  /** @throws what is wrong with it; it is closed then */
  take (envelope: InternalMessage, handle: RawHandle | undefined): void {
    if (handle === undefined) return this.#pass(envelope, null) // it has not arrived: Node asks for it again
    try {
      const { type, msg } = envelope
      if (this.#isInternal(msg)) throw new Error(`it sent a descriptor with a message of Node's own: ${inspect(msg, { depth: 0 })}`)
      if (!this.#isTaken()) return this.#refuse(msg, handle)
      assertFits(type, handle)
      this.#pass(envelope, handle)
    } catch (err) {
      handle.close()
      throw err
    }
  }

  /** Node's own part: it answers, makes what `type` says of the handle, and emits 'message'. */
  #pass (envelope: InternalMessage, handle: RawHandle | null): void {
    this.#child.emit('internalMessage', envelope, handle)
  }

  /** The worker sends no other before it has this answer. */
  #refuse (message: unknown, handle: RawHandle): void {
    handle.close()
    if (this.#child.connected) this.#child.send({ cmd: 'NODE_HANDLE_ACK' }, undefined, { swallowErrors: true } as object, () => {})
    this.#child.emit('message', message, undefined)
  }

  /** Whether a listener may take a handle: it is the parameter after the message. */
  #isTaken (): boolean {
    const takes = (emitter: NodeJS.EventEmitter, before: number): boolean =>
      emitter.listeners('message').some(listener => !this.#passing.has(listener) && listener.length !== before)
    return takes(this.#child, 1) || takes(this.#worker, 1) || takes(cluster, 2)
  }
}

/** Node does not look whether the handle is what its message says, and fails later, by an 'error' that nobody can handle. */
function assertFits (type: unknown, handle: RawHandle): void {
  const kind = typeof type === 'string' ? type.split('.')[0] : undefined
  const method = kind === 'net' ? 'readStart' : kind === 'dgram' ? 'recvStart' : undefined
  const fits = method !== undefined && method in handle && (type !== 'net.Server' || handle.listen(BACKLOG) === 0)
  if (!fits) throw new Error(`it sent a descriptor that is no ${inspect(type)}`)
}
