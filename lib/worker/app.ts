import type { FastifyInstance } from 'fastify'
import type { SocketName } from '../internals.js'
import type { Share } from '../listen.js'
import type { KeyNames, ListenTarget } from '../listen-target.js'
import type { ToPrimary } from '../protocol.js'
import type { SharedHandle } from '../shared-handle.js'
import type { Connections } from './connections.js'
import type { WebSocketClient } from './drain.js'

/** What one app needs of its worker. */
export interface AppParts {
  keyNames: KeyNames
  tell (message: ToPrimary): void
  /** Resolves with the primary's answer. */
  attach (key: string): Promise<{ names: Array<SocketName | string>, ticketKeys: string }>
  /** Resolves when nothing more will come for the key. */
  leave (key: string): Promise<void>
  receive (key: string, app: App, handle: SharedHandle): void
  refuse (key: string): void
  drain (connections: Connections, grace: number, webSockets: () => Iterable<WebSocketClient>): Promise<void>
  grace: number
}

/** One Fastify instance in a worker: from listen() to its last connection. */
export class App implements Share {
  readonly fastify: FastifyInstance
  readonly connections: Connections
  readonly #parts: AppParts
  readonly #closeFastify: () => Promise<void>
  #key: string | undefined
  #closed: Promise<void> | undefined

  constructor (fastify: FastifyInstance, connections: Connections, parts: AppParts) {
    this.fastify = fastify
    this.connections = connections
    this.#parts = parts
    this.#closeFastify = fastify.close.bind(fastify) as () => Promise<void>
    // Not a hook: when those run, Fastify answers 503 already.
    fastify.close = ((done?: () => void) => {
      const closed = this.close()
      return done === undefined ? closed : closed.finally(done)
    }) as FastifyInstance['close']
  }

  get key (): string | undefined {
    return this.#key
  }

  // Share: what listen() does in a worker.

  async attach (target: ListenTarget): Promise<Array<SocketName | string>> {
    const key = this.#parts.keyNames.next(target)
    const { names, ticketKeys } = await this.#parts.attach(key)
    this.#key = key
    shareTicketKeys(this.fastify.server, ticketKeys)
    return names
  }

  listening (handle: SharedHandle): void {
    const key = this.#key as string
    this.#parts.receive(key, this, handle)
    this.#parts.tell({ type: 'listening', key })
  }

  /** By close(), or by the app's own server.close(): then what is still under way is refused. */
  detach (): void {
    const key = this.#key
    if (key === undefined) return
    this.#parts.refuse(key)
    this.#parts.tell({ type: 'leave', key })
  }

  /** Takes nothing more, finishes what it has, closes Fastify. `left`: nothing more will come. */
  async close ({ left = false, grace = this.#parts.grace } = {}): Promise<void> {
    this.#closed ??= this.#close(left, grace)
    await this.#closed
  }

  async #close (left: boolean, grace: number): Promise<void> {
    const key = this.#key
    if (key !== undefined && this.fastify.server.listening) {
      if (!left) await this.#parts.leave(key)
      const { count } = this.connections
      this.fastify.log.info({ event: 'drain', key, connections: count }, 'finishing what is open for %s: %d connections', key, count)
      await this.#parts.drain(this.connections, grace, () => webSocketsOf(this.fastify))
    }
    await this.#closeFastify()
    if (key !== undefined) this.#parts.tell({ type: 'closed', key })
  }
}

/** One set of keys for all workers, unless the app brought its own, which all of them have. */
function shareTicketKeys (server: object, keys: string): void {
  const secure = server as { setTicketKeys?: (keys: Buffer) => void, ticketKeys?: Buffer }
  if (secure.ticketKeys === undefined) secure.setTicketKeys?.(Buffer.from(keys, 'base64'))
}

/** Those of @fastify/websocket, where the app uses it. */
function webSocketsOf (fastify: FastifyInstance): Iterable<WebSocketClient> {
  return (fastify as FastifyInstance & { websocketServer?: { clients: Set<WebSocketClient> } }).websocketServer?.clients ?? []
}
