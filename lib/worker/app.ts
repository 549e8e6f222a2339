import http from 'node:http'
import { inspect } from 'node:util'
import type { FastifyInstance } from 'fastify'
import type { SharedPortOptions } from '../../types/index.js'
import { beforeClose } from '../close.js'
import { ReadyCheckError } from '../errors.js'
import { rootOf, type SocketName } from '../internals.js'
import type { Share } from '../listen.js'
import type { ListenTarget } from '../listen-target.js'
import { reportFailure } from '../failure.js'
import type { ToPrimary } from '../protocol.js'
import type { SharedHandle } from '../shared-handle.js'
import { END_DELAY } from '../timing.js'
import type { Connections } from './connections.js'
import type { WebSocketClient } from './drain.js'

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
  drain (connections: Connections, grace: number, webSockets: () => Iterable<WebSocketClient>, hasty: boolean): Promise<void>
  grace: number
  readyCheck: SharedPortOptions['readyCheck']
}

/** One Fastify instance in a worker: from listen() to its last connection. */
export class App implements Share {
  readonly fastify: FastifyInstance
  readonly connections: Connections
  readonly #parts: AppParts
  /** The instance, and those of the plugins in it: what one of them decorates itself with, the others do not have. */
  readonly #contexts: FastifyInstance[]
  #key: string | undefined
  #asked: { left: boolean, grace: number, hasty: boolean } | undefined
  #closing = false

  constructor (fastify: FastifyInstance, connections: Connections, parts: AppParts) {
    this.fastify = fastify
    this.connections = connections
    this.#parts = parts
    this.#contexts = [fastify]
    fastify.addHook('onRegister', context => { this.#contexts.push(context) })
    beforeClose(fastify, async () => { await this.#finish() })
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

  /** Closes Fastify when what is open is finished; nothing more will come. */
  async close (grace: number, hasty = false): Promise<void> {
    this.#asked = { left: true, grace, hasty }
    await rootOf(this.fastify).close()
  }

  /** Takes nothing more, and finishes what it has. */
  async #finish (): Promise<void> {
    const { left, grace, hasty } = this.#asked ?? { left: false, grace: this.#parts.grace, hasty: false }
    const key = this.#key
    this.#closing = true
    if (key === undefined || !this.fastify.server.listening) return
    const begun = performance.now()
    if (!left) await this.#parts.leave(key)
    const { count } = this.connections
    this.fastify.log.info({ event: 'drain' }, 'finishing what is open for %s: %d %s', key, count, count === 1 ? 'connection' : 'connections')
    await this.#parts.drain(this.connections, Math.max(0, grace - (performance.now() - begun)), () => webSocketsOf(this.#contexts), hasty)
  }
}

/** Those of @fastify/websocket, where the app uses it. */
function webSocketsOf (contexts: FastifyInstance[]): Iterable<WebSocketClient> {
  const servers = contexts as Array<FastifyInstance & { websocketServer?: { clients: Set<WebSocketClient> } }>
  return new Set(servers.flatMap(({ websocketServer }) => [...websocketServer?.clients ?? []]))
}
