import type { Server } from 'node:net'
import tls from 'node:tls'
import { hasGivenTicketKeys, setTicketKeys } from '../platform/node-internals.js'

/**
 * One set of session ticket keys for the servers of all workers, so that a TLS session of one resumes
 * on another. An app that brings keys of its own, which all workers have, keeps them.
 */
export class TicketKeys {
  /** The newest first. None until the primary has told. */
  #keys: Buffer[] = []
  /** By server, the keys that are not its app's: those that Node made up, or ours. */
  readonly #ours = new Map<tls.Server, Buffer>()

  /** A server that may have TLS. */
  add (server: Server): void {
    if (!(server instanceof tls.Server)) return
    this.#renewed(server)
    const { setSecureContext } = server
    // With a certificate that is renewed, for one, the keys would go.
    server.setSecureContext = options => {
      setSecureContext.call(server, options)
      this.#renewed(server)
    }
  }

  /** @param keys in base64: the one for new tickets, and the former one, whose tickets are accepted too */
  set (keys: readonly string[]): void {
    this.#keys = keys.map(key => Buffer.from(key, 'base64'))
    for (const server of this.#ours.keys()) this.#share(server)
  }

  /** Its keys are new ones, made up by Node, unless the app gave some. */
  #renewed (server: tls.Server): void {
    this.#ours.set(server, server.getTicketKeys())
    this.#share(server)
  }

  #share (server: tls.Server): void {
    const [current, former] = this.#keys
    if (current === undefined || hasGivenTicketKeys(server) || this.#ours.get(server)?.equals(server.getTicketKeys()) !== true) return
    setTicketKeys(server, current, former)
    this.#ours.set(server, current)
  }
}
