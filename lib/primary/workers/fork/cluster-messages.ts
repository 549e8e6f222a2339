import type { ChildProcess } from 'node:child_process'
import { isIP } from 'node:net'
import { getSystemErrorMap, inspect } from 'node:util'
import { claim } from '../../../platform/handed-over.js'
import type { InternalMessage } from './worker-channel.js'

// What a worker tells node:cluster: the app may have servers of its own there, which are no business of this package's.

/** Servers that one worker may have there at a time: each is a descriptor of this process's. */
const MOST_SERVERS = 1_024

/** Messages that may wait while this process binds: more than an app sends that listens on as many ports at once. */
const MOST_WAITING = 4 * MOST_SERVERS

const [EADDRINUSE] = [...getSystemErrorMap()].find(([, [name]]) => name === 'EADDRINUSE') as [number, [string, string]]

/**
 * Passes on what a worker sends to node:cluster's primary, as long as that can do no harm here. Where it binds, it does so in
 * several ticks: a worker that gives a server up meanwhile makes it throw in a tick of its own, which nobody can catch
 * (`this.handle.close()` in lib/internal/cluster/round_robin_handle.js). So whatever follows waits.
 */
export class ClusterMessages {
  readonly #child: ChildProcess
  readonly #guarded: (run: () => void) => void
  /** By the key that node:cluster has answered with. */
  readonly #servers = new Set<unknown>()
  /** Connections that the worker has to answer for, by number. */
  readonly #unanswered = new Set<unknown>()
  readonly #waiting: InternalMessage[] = []
  #binding = false

  /** @param guarded runs what may throw what is wrong with a message */
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
    this.#guarded(() => { throw new Error('it sends to node:cluster faster than this process can bind') })
  }

  #pass (message: InternalMessage): void {
    const { act, ack } = message
    // There the app's own listeners are called, and what they throw is the app's.
    if ((act === 'online' || act === 'listening') && ack === undefined) return this.#emit(message)
    this.#guarded(() => {
      // node:cluster has one table of what waits for an answer, whichever worker is to give it.
      if (ack !== undefined && !this.#unanswered.delete(ack)) throw new Error(`it answers what it was not asked: ${inspect(ack, { depth: 0 })}`)
      if (act === 'queryServer') {
        const taken = this.#taken(message)
        if (taken !== undefined) return this.#refuse(message, taken)
        this.#assertHarmless(message)
        if (isOthers(message)) return this.#refuse(message, keyOf(message))
        this.#wait()
      }
      if (act === 'close') this.#servers.delete(message.key)
      this.#emit(message)
    })
  }

  #emit (message: InternalMessage): void {
    this.#child.emit('internalMessage', message, undefined)
  }

  /** Until the ticks in which it binds are over. */
  #wait (): void {
    this.#binding = true
    setImmediate(() => {
      this.#binding = false
      // What is read after the end of the channel, node:cluster would keep for ever.
      while (!this.#binding && this.#child.connected && this.#waiting.length > 0) this.#pass(this.#waiting.shift() as InternalMessage)
    })
  }

  /** What node:cluster sends: its answer to a worker that wants to listen, or a connection. */
  #sends (message: unknown): void {
    const { cmd, act, seq, ack, errno, key } = (message ?? {}) as Record<string, unknown>
    if (cmd !== 'NODE_CLUSTER') return
    if (act === 'newconn') this.#unanswered.add(seq)
    else if (ack !== undefined && key !== undefined && (errno ?? 0) === 0) this.#servers.add(key)
  }

  /**
   * The key of the server that the worker has there already, if any: queryServer() in Node's
   * lib/internal/cluster/primary.js adds the index always (20), or for port 0 alone (since 22). From 22 on it would bind
   * anew, and lose the former server with its descriptor.
   */
  #taken (message: InternalMessage): string | undefined {
    const key = keyOf(message)
    return [key, `${key}:${message.index}`].find(key => this.#servers.has(key))
  }

  /** As node:cluster does: an app that listens twice on one port has this error in one process too. */
  #refuse ({ seq }: InternalMessage, key: string): void {
    if (this.#child.connected) this.#child.send({ cmd: 'NODE_CLUSTER', ack: seq, errno: EADDRINUSE, key, data: null })
  }

  /** @throws what harm it would do */
  #assertHarmless (message: InternalMessage): void {
    const { address, port, fd } = message
    if (this.#servers.size >= MOST_SERVERS) throw new Error(`it wants to listen on more than ${MOST_SERVERS} ports`)
    if (typeof fd === 'number' && fd >= 0) {
      if (address != null || port != null || claim(fd, ownerOf(message)) === undefined) throw new Error(`it wants to listen on descriptor ${fd}, which was not handed over to this process`)
    } else if (typeof port !== 'number' || port >= 0) {
      // A worker has looked a name up before it asks. Here it would take as long as the name server likes.
      if (address != null && !(typeof address === 'string' && isIP(address) !== 0)) throw new Error(`it wants to listen on what is no address: ${inspect(address, { depth: 0 })}`)
    }
  }
}

/** As node:cluster names the server that a worker asks for: queryServer() in Node's lib/internal/cluster/primary.js. */
function keyOf ({ address, port, addressType, fd }: InternalMessage): string {
  return `${address}:${port}:${addressType}:${fd}`
}

/** Of a descriptor: node:cluster gives one handle to all workers that ask for it as the same kind. */
function ownerOf ({ addressType }: InternalMessage): string {
  return `node:cluster, ${String(addressType)}`
}

/** Whether it asks for a descriptor that somebody else has a handle on. */
function isOthers (message: InternalMessage): boolean {
  const { fd } = message
  return typeof fd === 'number' && fd >= 0 && claim(fd, ownerOf(message)) !== ownerOf(message)
}
