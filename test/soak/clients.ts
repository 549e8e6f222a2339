import { setTimeout as sleep } from 'node:timers/promises'
import type { Accounts } from './accounts.js'
import { keptAlive } from './connections.js'
import { Pipelining } from './pipelining.js'
import { askAnything, askAtOnce, askBytes, askDigest, askLater } from './plans.js'
import type { Random } from './random.js'
import type { Requests } from './requests.js'

const KIB = 1024

export interface Urls { http: string, https: string }

export interface ClientParts {
  urls: Urls
  accounts: Accounts
  requests: Requests
  random: Random
}

/** Does its work once: one request, or several at a time. */
interface Client {
  act (): Promise<void>
  /** Closes the connections that it keeps open. */
  end? (): void
}

type Kind = (origin: string, parts: ClientParts) => Client

/** How many clients of each kind there are. */
const CROWD: Array<{ count: number, over: keyof Urls, kind: Kind }> = [
  { count: 6, over: 'http', kind: newConnections },
  { count: 3, over: 'https', kind: newConnections },
  { count: 8, over: 'http', kind: keepsAlive },
  { count: 2, over: 'https', kind: keepsAlive },
  { count: 2, over: 'http', kind: pipelines },
  { count: 1, over: 'http', kind: uploadsSlowly },
  { count: 1, over: 'https', kind: uploadsSlowly },
  { count: 1, over: 'http', kind: readsSlowly },
  { count: 1, over: 'https', kind: readsSlowly },
  { count: 2, over: 'http', kind: aborts },
  { count: 1, over: 'https', kind: aborts }
]

/** Clients of every kind, all at once, until they are stopped. */
export class Clients {
  #stopped = false
  readonly #running: Array<Promise<void>>

  constructor (parts: ClientParts) {
    this.#running = CROWD.flatMap(({ count, over, kind }) => Array.from({ length: count }, async () => {
      const random = parts.random.fork()
      await this.#run(kind(parts.urls[over], { ...parts, random }), random)
    }))
  }

  /** Rejects when one of them fails for another reason than its requests. */
  async ended (): Promise<void> {
    await Promise.all(this.#running)
  }

  get stopped (): boolean {
    return this.#stopped
  }

  /** They stop when their current work has ended. */
  leave (): void {
    this.#stopped = true
  }

  /** Resolves when every request that was begun has ended. */
  async stop (): Promise<void> {
    this.leave()
    await this.ended()
  }

  async #run (client: Client, random: Random): Promise<void> {
    while (!this.#stopped) {
      await client.act()
      await sleep(random.between(2, 60))
    }
    client.end?.()
  }
}

function newConnections (origin: string, { requests, random }: ClientParts): Client {
  return { act: async () => { await requests.send(origin, { kind: named('new connection', origin), ...askAnything(random) }) } }
}

function keepsAlive (origin: string, { accounts, requests, random }: ClientParts): Client {
  const kept = keptAlive(origin, (...connection) => { accounts.closed(...connection) })
  return {
    async act () {
      // Sometimes for longer than a connection may be idle in a drain.
      if (random.chance(0.05)) await sleep(random.between(500, 2_500))
      await requests.send(origin, { kind: named('kept alive', origin), keptAlive: kept, ...askAnything(random) })
    },
    end () { kept.end() }
  }
}

function pipelines (origin: string, { accounts, requests, random }: ClientParts): Client {
  const pipelining = new Pipelining(origin, accounts, requests)
  return {
    async act () {
      if (random.chance(0.05)) await sleep(random.between(500, 2_500))
      const asks = Array.from({ length: random.between(2, 4) }, () => random.chance(0.5) ? askAtOnce() : askLater(random))
      await pipelining.send(asks.map(ask => ({ kind: named('pipelined', origin), ...ask })))
    },
    end () { pipelining.close() }
  }
}

/** Sometimes on a new connection, sometimes on a kept-alive one. */
function uploadsSlowly (origin: string, { accounts, requests, random }: ClientParts): Client {
  const kept = keptAlive(origin, (...connection) => { accounts.closed(...connection) })
  return {
    async act () {
      await requests.send(origin, {
        kind: named('slow upload', origin),
        ...(random.chance(0.5) && { keptAlive: kept }),
        sendPause: () => random.between(5, 200),
        ...askDigest(random, random.between(2, 12), 32 * KIB)
      })
    },
    end () { kept.end() }
  }
}

/** More than the kernel buffers for a connection, so the worker has to wait for the reader. */
function readsSlowly (origin: string, { requests, random }: ClientParts): Client {
  return {
    async act () {
      const pause = random.between(1, 20)
      await requests.send(origin, {
        kind: named('slow download', origin),
        readPause: () => pause,
        ...askBytes(random.between(1, 6 * KIB) * KIB)
      })
    }
  }
}

function aborts (origin: string, { requests, random }: ClientParts): Client {
  return {
    async act () {
      const ask = random.pick([() => askLater(random), () => askDigest(random, 6, 64 * KIB), () => askBytes(4 * KIB * KIB)])()
      await requests.send(origin, {
        kind: named('aborting', origin),
        sendPause: () => 20,
        readPause: () => 5,
        abort: { after: random.between(0, 150), reset: !origin.startsWith('https:') && random.chance(0.5) },
        ...ask
      })
    }
  }
}

function named (kind: string, origin: string): string {
  return origin.startsWith('https:') ? `${kind}, TLS` : kind
}
