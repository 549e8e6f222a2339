import type { ChildProcess } from 'node:child_process'
import { isIP } from 'node:net'
import { getSystemErrorMap, inspect } from 'node:util'
import { claim } from '../../../platform/handed-over.js'
import type { InternalMessage } from './worker-channel.js'

// A worker's messages to node:cluster. The app may share servers of its own through node:cluster,
// independently of this package.

/** The most servers that one worker may share. Each uses a descriptor of this process. */
const MOST_SERVERS = 1_024

/**
 * The most messages that may wait while this process binds: more than an app sends that listens on as many
 * ports at once.
 */
const MOST_WAITING = 4 * MOST_SERVERS

const [EADDRINUSE] = [...getSystemErrorMap()].find(([, [name]]) => name === 'EADDRINUSE') as [number, [string, string]]

/**
 * Passes a worker's messages to node:cluster's primary if they are harmless. Binding takes node:cluster
 * several ticks. If the worker closes a server meanwhile, node:cluster throws in a tick of its own, which
 * cannot be caught (`this.handle.close()` in lib/internal/cluster/round_robin_handle.js). So the messages
 * that follow have to wait.
 */
export class ClusterMessages {
  readonly #child: ChildProcess
  readonly #guarded: (run: () => void) => void
  /** The keys of the servers, from node:cluster's answers. */
  readonly #servers = new Set<unknown>()
  /** The numbers of the connections that the worker has not acknowledged. */
  readonly #unanswered = new Set<unknown>()
  readonly #waiting: InternalMessage[] = []
  #binding = false

  /** @param guarded runs a function that throws if a message is invalid */
  constructor (child: ChildProcess, guarded: (run: () => void) => void) {
    this.#child = child
    this.#guarded = guarded
    const send = child.send as (...args: unknown[]) => boolean
    child.send = (...args: unknown[]) => {
      this.#sends(args[0])
      return Reflect.apply(send, child, args)
    }
  }

  take (message: InternalMessage): void {
    if (!this.#binding) return this.#pass(message)
    this.#waiting.push(message)
    if (this.#waiting.length <= MOST_WAITING) return
    this.#waiting.length = 0
    this.#guarded(() => { throw new Error('it sends messages to node:cluster faster than the primary can bind') })
  }

  #pass (message: InternalMessage): void {
    const { act, ack } = message
    // These call the app's own listeners, whose exceptions are the app's.
    if ((act === 'online' || act === 'listening') && ack === undefined) return this.#emit(message)
    this.#guarded(() => {
      // node:cluster keeps pending answers of all workers in one table, and does not check who answers.
      if (ack !== undefined && !this.#unanswered.delete(ack)) throw new Error(`it answered a node:cluster message that it was not sent: ${inspect(ack, { depth: 0 })}`)
      if (act === 'queryServer') {
        this.#assertHarmless(message)
        const taken = this.#taken(message) ?? (isOthers(message) ? keyOf(message) : undefined)
        if (taken !== undefined) return this.#refuse(message, taken)
        this.#wait()
      }
      if (act === 'close') this.#servers.delete(message.key)
      this.#emit(message)
    })
  }

  #emit (message: InternalMessage): void {
    this.#child.emit('internalMessage', message, undefined)
  }

  /** Waits until the ticks in which node:cluster binds are over. */
  #wait (): void {
    this.#binding = true
    setImmediate(() => {
      this.#binding = false
      // node:cluster would keep messages that arrive after the end of the channel for ever.
      while (!this.#binding && this.#child.connected && this.#waiting.length > 0) this.#pass(this.#waiting.shift() as InternalMessage)
    })
  }

  /** Watches what node:cluster sends: its answer to a worker that wants to listen, or a connection. */
  #sends (message: unknown): void {
    const { cmd, act, seq, ack, errno, key } = (message ?? {}) as Record<string, unknown>
    if (cmd !== 'NODE_CLUSTER') return
    if (act === 'newconn') this.#unanswered.add(seq)
    else if (ack !== undefined && key !== undefined && (errno ?? 0) === 0) this.#servers.add(key)
  }

  /**
   * The key of the server, if the worker has it already. queryServer() in Node's
   * lib/internal/cluster/primary.js appends the index always (Node 20), or for port 0 only (since 22). From
   * 22 on it would bind again, and lose the former server with its descriptor.
   */
  #taken (message: InternalMessage): string | undefined {
    const key = keyOf(message)
    return [key, `${key}:${message.index}`].find(key => this.#servers.has(key))
  }

  /**
   * Answers EADDRINUSE, as node:cluster does. An app that listens twice on one port gets this error in a
   * single process, too.
   */
  #refuse ({ seq }: InternalMessage, key: string): void {
    if (this.#child.connected) this.#child.send({ cmd: 'NODE_CLUSTER', ack: seq, errno: EADDRINUSE, key, data: null })
  }

  /** @throws with the reason if the message is harmful */
  #assertHarmless (message: InternalMessage): void {
    const { address, port, fd } = message
    if (this.#servers.size >= MOST_SERVERS) throw new Error(`it tried to open more than ${MOST_SERVERS} servers through node:cluster`)
    if (typeof fd === 'number' && fd >= 0) {
      if (address != null || port != null || claim(fd, ownerOf(message)) === undefined) throw new Error(`it tried to listen on descriptor ${fd}, which is not a socket that the primary inherited`)
    } else if (typeof port !== 'number' || port >= 0) {
      // A worker resolves names before it asks. Resolving one here could take any time.
      if (address != null && !(typeof address === 'string' && isIP(address) !== 0)) throw new Error(`it tried to listen on an invalid address: ${inspect(address, { depth: 0 })}`)
    }
  }
}

/**
 * node:cluster's key for the server that a worker asks for: queryServer() in Node's
 * lib/internal/cluster/primary.js.
 */
function keyOf ({ address, port, addressType, fd }: InternalMessage): string {
  return `${address}:${port}:${addressType}:${fd}`
}

/** The owner of a descriptor: node:cluster shares one handle among all workers that ask for the same kind. */
function ownerOf ({ addressType }: InternalMessage): string {
  return `a worker's server of type ${String(addressType)}, through node:cluster`
}

/** Whether it asks for a descriptor that has a handle of another owner. */
function isOthers (message: InternalMessage): boolean {
  const { fd } = message
  return typeof fd === 'number' && fd >= 0 && claim(fd, ownerOf(message)) !== ownerOf(message)
}
