import type { Server } from 'node:net'
import { isFull, type RawHandle } from '../platform/node-internals.js'
import type { Admission, Receiver } from '../lane.js'

/** Lets a server accept a connection, with its note and with what has been read from it. */
export type Accept = (client: RawHandle, note: string, head?: Buffer) => void

/** The server for a key's connections. */
interface Target {
  server: Server
  accept: Accept
  /** The number of connections that are admitted but not injected yet. */
  awaited: number
}

/** Refuses each connection, or takes it and injects it into its key's server. */
export class ConnectionReceiver implements Receiver {
  leaving = false
  /** The number of connections that it has injected. */
  taken = 0
  readonly #targets = new Map<string, Target>()

  add (key: string, server: Server, accept: Accept): void {
    this.#targets.set(key, { server, accept, awaited: 0 })
  }

  remove (key: string): void {
    this.#targets.delete(key)
  }

  admit (key: string): Admission | null {
    const target = this.#targets.get(key)
    // A closed server would still accept the connection, and answer 503 or nothing.
    if (target === undefined || !target.server.listening) return null
    if (isFull(target.server, target.awaited) && !wantsDrops(target.server)) return null
    target.awaited++
    const count = (): void => { this.taken++ }
    return {
      inject (client, note, head) {
        target.awaited--
        count()
        target.accept(client, note, head)
      },
      cancel () { target.awaited-- }
    }
  }
}

/**
 * Whether the app wants Node to drop connections above maxConnections (Node 22 and later). Then it gets
 * them, and its 'drop' event. Otherwise a full worker refuses them, and another one serves them.
 */
function wantsDrops (server: Server): boolean {
  return (server as Server & { dropMaxConnection?: boolean }).dropMaxConnection === true
}
