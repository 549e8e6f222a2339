import http from 'node:http'
import { inspect } from 'node:util'
import type { FastifyInstance } from 'fastify'
import type { SharedPortOptions } from '../../types/index.js'
import { beforeClose } from '../fastify/close.js'
import { ReadyCheckError } from '../errors.js'
import { rootOf, type SocketName } from '../platform/node-internals.js'
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

/** What one app needs of its worker. */
export interface AppParts {
  nextKey (target: ListenTarget): string
  tell (message: ToPrimary): void
  /** Resolves with the primary's answer. */
  attach (key: string): Promise<{ names: Array<SocketName | string> }>
  /** Resolves when nothing more will come for the key. */
  leave (key: string): Promise<void>
  receive (key: string, app: App, handle: SharedHandle): void
  refuse (key: string): void
  drain (connections: Connections, drain: Drain): Promise<void>
  /** Lets the app end what would keep its server from closing; resolves with what is to be called after the drain. */
  endLongLived (fastify: FastifyInstance, grace: number): Promise<() => void>
  webSockets (fastify: FastifyInstance): Iterable<WebSocketClient>
  /** close() begins. */
  closing (): void
  log: SafeLog
  grace: number
  readyCheck: SharedPortOptions['readyCheck']
}

/** What the primary has asked for: nothing more will come. */
export interface Asked { grace: number, pace: Pace }

/** One Fastify instance in a worker: from listen() to its last connection. */
export class App implements Share {
  readonly fastify: FastifyInstance
  readonly connections: Connections
  readonly #parts: AppParts
  #key: string | undefined
  #asked: Asked | undefined
  /** By close() of the app's own it is prompt. */
  #pace: Pace = 'prompt'
  #closing = false
  /** While it finishes what is open, and after: undefined where there was nothing. */
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

  // Share: what listen() does in a worker.

  /** @throws SHARED_PORT_ERR_READY_CHECK with what the app's readyCheck threw as its cause */
  async attach (target: ListenTarget): Promise<Array<SocketName | string>> {
    const key = this.#parts.nextKey(target)
    const { names } = await this.#parts.attach(key)
    this.#key = key
    await this.#check()
    return names
  }

  /** Fastify is ready, and nothing comes yet: the app says whether it may. */
  async #check (): Promise<void> {
    const { readyCheck, tell } = this.#parts
    if (readyCheck === undefined) return
    tell({ type: 'checking' })
    try {
      await readyCheck(this.fastify)
    } catch (cause) {
      const err = new ReadyCheckError(cause instanceof Error ? cause.message : inspect(cause), { cause })
      reportFailure(err)
      // The app may catch what listen() rejects with, and live on: but this worker has failed.
      setTimeout(() => { process.exit(1) }, END_DELAY).unref()
      throw err
    }
  }

  listening (handle: SharedHandle): void {
    const key = this.#key as string
    this.connections.listening()
    this.#parts.receive(key, this, handle)
    this.#parts.tell({ type: 'listening', key, plain: (this.fastify.server as object) instanceof http.Server })
  }

  /** By close(), or by the app's own server.close(): then what is still under way is refused. */
  detach (): void {
    const key = this.#key
    if (key === undefined) return
    this.#parts.refuse(key)
    this.#parts.tell({ type: 'leave', key })
  }

  /** Finishes what is open; nothing more will come. Asked again, it may be sooner. */
  async finish (asked: Asked): Promise<void> {
    if (!this.#closing) this.#asked = asked
    if (!this.#closing || this.#pace === 'gentle') this.#pace = asked.pace
    await this.#finish()
  }

  /** Closes Fastify when what is open is finished. */
  async close (): Promise<void> {
    await rootOf(this.fastify).close()
  }

  /** Takes nothing more, and finishes what it has: undefined where that is nothing. */
  #finish (): Promise<void> | undefined {
    if (this.#closing) return this.#finished
    this.#closing = true
    this.#parts.closing()
    if (this.#key !== undefined && this.fastify.server.listening) this.#finished = this.#drain(this.#key)
    return this.#finished
  }

  async #drain (key: string): Promise<void> {
    const { leave, drain, endLongLived, webSockets, log } = this.#parts
    const { grace } = this.#asked ?? this.#parts
    const begun = performance.now()
    if (this.#asked === undefined) await leave(key)
    const { count } = this.connections
    log.info({ event: 'drain' }, 'draining %s: %d open %s', key, count, count === 1 ? 'connection' : 'connections')
    const left = Math.max(0, grace - (performance.now() - begun))
    // As in a single process where the app says so, but not where others serve on.
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
      webSockets: () => webSockets(this.fastify)
    })
    const [done] = await Promise.all([tell(), drained])
    done()
  }
}
