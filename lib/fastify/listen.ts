import type { Server } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { ClosedError } from '../errors.js'
import { addBinding } from './fastify-internals.js'
import { isListening, listenOn, nextListening, type SocketName } from '../platform/node-internals.js'
import { type GivenListenOptions, type ListenTarget, readListenTarget } from './listen-target.js'
import { SharedHandle } from './shared-handle.js'

/** A host name that Fastify looks up without a result. Because of the empty label, no resolver asks a server for it. */
const NO_ADDRESS = 'no..address'

/** How the role of this process handles a call of listen(). */
export interface Share {
  /** Resolves with the addresses that the primary has bound. */
  attach (target: ListenTarget): Promise<Array<SocketName | string>>
  /** Called when the server listens on `handle`. */
  listening (handle: SharedHandle): void
  /** Called when the server has closed its handle, or will not get one. */
  detach (): void
}

/**
 * Replaces `server.listen`: instead of binding, the server attaches to a port of the primary. To Fastify and
 * to the app it looks as if the server had bound the port itself.
 */
export function shareListen (fastify: FastifyInstance, share: Share): void {
  const server: Server = fastify.server
  let attaching = false
  server.listen = function (...args: unknown[]) {
    if (server.listening || attaching) throw listensAlready()
    attaching = true
    const { options, callback } = normalize(args)
    if (callback !== undefined) server.once('listening', callback)
    const id = nextListening(server)
    attach(options).finally(() => { attaching = false }).catch(err => {
      // Not thrown: with Fastify's callback form, nobody would catch it.
      process.nextTick(() => {
        // If the server was closed meanwhile, the error concerns only those who still wait for this call of listen().
        if (isListening(server, id) || server.listenerCount('error') > 0) server.emit('error', err)
      })
    })
    return server

    async function attach (given: GivenListenOptions): Promise<void> {
      const names = await share.attach(readListenTarget(given))
      if (!isListening(server, id)) { // closed while it waited
        share.detach()
        throw new ClosedError()
      }
      const [first] = names as [SocketName | string]
      if (given.host === 'localhost') { // Fastify's default host, even with a descriptor
        // Fastify would now bind the other addresses of `localhost` with a second server, or open the
        // descriptor again. It reads the host from this object, and has done so by the time that it reports
        // that it listens.
        given.host = typeof first === 'string' ? NO_ADDRESS : first.address
        server.once('listening', () => { setImmediate(() => { given.host = 'localhost' }) })
      }
      for (const other of names.slice(1)) addBinding(fastify, other)
      const handle = new SharedHandle(first, () => { share.detach() })
      server.once('listening', () => { share.listening(handle) })
      listenOn(server, handle, first)
    }
  }
}

/** The error that net.Server throws. */
function listensAlready (): Error {
  return Object.assign(new Error('Listen method has been called more than once without closing.'), { code: 'ERR_SERVER_ALREADY_LISTEN' })
}

/** Accepts all argument forms of net.Server's listen(). */
function normalize (args: unknown[]): { options: GivenListenOptions, callback: (() => void) | undefined } {
  const callback = typeof args.at(-1) === 'function' ? args.at(-1) as () => void : undefined
  const [first, ...rest] = args.filter(arg => typeof arg !== 'function')
  if (typeof first === 'object' && first !== null) return { options: first as GivenListenOptions, callback }
  const host = rest.find(arg => typeof arg === 'string') as string | undefined
  const backlog = rest.find(arg => typeof arg === 'number') as number | undefined
  const isPath = typeof first === 'string' && !/^\d+$/.test(first)
  const where = isPath ? { path: first } : { port: (first ?? 0) as number, host }
  return { options: { ...where, backlog } as GivenListenOptions, callback }
}
