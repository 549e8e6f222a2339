import http from 'node:http'
import { inspect } from 'node:util'
import type { FastifyInstance } from 'fastify'
import type { SharedPortOptions } from '../../types/index.js'
import { beforeClose } from '../fastify/close.js'
import { ReadyCheckError } from '../errors.js'
import { rootOf } from '../fastify/fastify-internals.js'
import type { SocketName } from '../platform/node-internals.js'
import type { Share } from '../fastify/listen.js'
import type { ListenTarget } from '../fastify/listen-target.js'
import { reportFailure } from '../failure.js'
import type { ToPrimary } from '../protocol.js'
import type { SafeLog } from '../fastify/safe-log.js'
import type { SharedHandle } from '../fastify/shared-handle.js'
import { END_DELAY } from '../platform/timing.js'
import type { WebSocketClient } from './websocket.js'
import type { Connections } from './connections.js'
import type { Drain, Pace } from './drain.js'
import type { Parking } from './parking.js'
import type { Returning } from './returning.js'

/** The functions of the worker that an app uses. */
export interface AppParts {
  nextKey (target: ListenTarget): string
  tell (message: ToPrimary): void
  /** Resolves with the primary's answer. */
  attach (key: string): Promise<{ names: Array<SocketName | string> }>
  /** Resolves when no more connections will arrive for the key. */
  leave (key: string): Promise<void>
  receive (key: string, app: App, handle: SharedHandle): void
  refuse (key: string): void
  drain (connections: Connections, drain: Drain): Promise<void>
  /**
   * Lets the app end connections that would keep its server from closing. Resolves with a function to be
   * called after the drain.
   */
  endLongLived (fastify: FastifyInstance, grace: number): Promise<() => void>
  webSockets (fastify: FastifyInstance): Iterable<WebSocketClient>
  /** Called when close() begins. */
  closing (): void
  log: SafeLog
  /** Returns the app's idle connections to the primary. Undefined if they cannot move. */
  returning: Returning | undefined
  /** Where its idle connections are parked. Undefined if none are rescued. */
  parking: Pick<Parking, 'begin' | 'end'> | undefined
  /** `returnOnDrain`. */
  returnOnDrain: boolean
  grace: number
  readyCheck: SharedPortOptions['readyCheck']
}

/** The primary's request to finish. No more connections will arrive. */
export interface Asked { grace: number, pace: Pace }

/** A Fastify instance in a worker, from listen() to its last connection. */
export class App implements Share {
  readonly fastify: FastifyInstance
  readonly connections: Connections
  readonly #parts: AppParts
  #key: string | undefined
  #asked: Asked | undefined
  /** `prompt` if the app itself calls close(). */
  #pace: Pace = 'prompt'
  #closing = false
  /** Resolves when all connections are finished. Undefined if there were none. */
  #finished: Promise<void> | undefined

  constructor (fastify: FastifyInstance, connections: Connections, parts: AppParts) {
    this.fastify = fastify
    this.connections = connections
    this.#parts = parts
    beforeClose(fastify, () => this.#finish())
    fastify.server.once('close', () => {
      if (this.#key !== undefined) parts.tell({ type: 'closed', key: this.#key })
    })
  }

  /** Whether close() has begun. */
  get closing (): boolean {
    return this.#closing
  }

  get key (): string | undefined {
    return this.#key
  }

  // Share: the behaviour of listen() in a worker.

  /** @throws SHARED_PORT_ERR_READY_CHECK, with the exception of the app's readyCheck as its cause */
  async attach (target: ListenTarget): Promise<Array<SocketName | string>> {
    const key = this.#parts.nextKey(target)
    const { names } = await this.#parts.attach(key)
    this.#key = key
    await this.#check()
    return names
  }

  /** Runs the app's readyCheck: Fastify is ready, and no connection has arrived yet. */
  async #check (): Promise<void> {
    const { readyCheck, tell } = this.#parts
    if (readyCheck === undefined) return
    tell({ type: 'checking' })
    try {
      await readyCheck(this.fastify)
    } catch (cause) {
      const err = new ReadyCheckError(cause instanceof Error ? cause.message : inspect(cause), { cause })
      reportFailure(err)
      // The app may catch the rejection of listen() and carry on, but this worker has failed.
      setTimeout(() => { process.exit(1) }, END_DELAY).unref()
      throw err
    }
  }

  listening (handle: SharedHandle): void {
    const key = this.#key as string
    this.connections.listening()
    this.#parts.receive(key, this, handle)
    this.#parts.returning?.begin(key)
    this.#parts.parking?.begin(this.connections, key)
    this.#parts.tell({ type: 'listening', key, plain: (this.fastify.server as object) instanceof http.Server })
  }

  /** Called by close(), or by the app's own server.close(). Connections that are still on their way are refused. */
  detach (): void {
    const key = this.#key
    if (key === undefined) return
    this.#parts.refuse(key)
    this.#parts.tell({ type: 'leave', key })
  }

  /** Another worker has joined, and gets its share of what is idle here. */
  share (): void {
    if (!this.#closing) this.#parts.returning?.share()
  }

  /** Finishes the open connections; no more will arrive. Called again, it may become faster. */
  async finish (asked: Asked): Promise<void> {
    if (!this.#closing) this.#asked = asked
    if (!this.#closing || this.#pace === 'gentle') this.#pace = asked.pace
    await this.#finish()
  }

  /** Closes Fastify when the open connections are finished. */
  async close (): Promise<void> {
    await rootOf(this.fastify).close()
  }

  /** Refuses new connections, and finishes the open ones. Returns undefined if there is nothing to finish. */
  #finish (): Promise<void> | undefined {
    if (this.#closing) return this.#finished
    this.#closing = true
    this.#parts.returning?.end()
    this.#parts.parking?.end(this.connections)
    this.#parts.closing()
    if (this.#key !== undefined && this.fastify.server.listening) this.#finished = this.#drain(this.#key)
    return this.#finished
  }

  async #drain (key: string): Promise<void> {
    const { leave, drain, endLongLived, webSockets, returning, returnOnDrain, log } = this.#parts
    const { grace } = this.#asked ?? this.#parts
    const begun = performance.now()
    if (this.#asked === undefined) await leave(key)
    const { count } = this.connections
    log.info({ event: 'drain' }, 'draining %s (%d open %s)', key, count, count === 1 ? 'connection' : 'connections')
    const left = Math.max(0, grace - (performance.now() - begun))
    // Fastify's forceCloseConnections applies as in a single process, except during a reload, when other
    // workers go on serving.
    const cuts = this.fastify.initialConfig.forceCloseConnections === true
    let told = false
    const tell = async (): Promise<() => void> => {
      const done = await endLongLived(this.fastify, left)
      told = true
      return done
    }
    const drained = drain(this.connections, {
      grace: left,
      pace: () => this.#pace,
      forced: () => cuts && told && this.#pace !== 'gentle',
      webSockets: () => webSockets(this.fastify),
      returning,
      // If the app itself calls close(), the other workers go on serving, and after a hasty drain new ones will.
      mayReturn: () => returnOnDrain && returning?.allowed === true && (this.#asked === undefined || this.#pace !== 'prompt')
    })
    const [done] = await Promise.all([tell(), drained])
    done()
  }
}
