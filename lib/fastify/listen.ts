import type { Server } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { ClosedError } from '../errors.js'
import { addBinding, isListening, listenOn, nextListening, type SocketName } from '../platform/node-internals.js'
import { type GivenListenOptions, type ListenTarget, readListenTarget } from './listen-target.js'
import { SharedHandle } from './shared-handle.js'

/** For Fastify to look up, and find nothing: with an empty label no resolver asks a server for it. */
const NO_ADDRESS = 'no..address'

/** What this process's role makes of a call of listen(). */
export interface Share {
  /** Resolves with the names that the port is bound to, in the primary. */
  attach (target: ListenTarget): Promise<Array<SocketName | string>>
  /** The server listens on `handle`. */
  listening (handle: SharedHandle): void
  /** The server has let go of its handle, or will never have one. */
  detach (): void
}

/**
 * Replaces `server.listen`: instead of binding, the server attaches to a port of the primary's. To
 * Fastify, and to the app, it then looks as if it had bound the port itself.
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
      // Not thrown: in Fastify's callback form nobody would catch it.
      process.nextTick(() => {
        // Closed meanwhile: then it is news only to those who wait for this call of listen().
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
      if (given.host === 'localhost') { // Fastify's default, also for a descriptor
        // Fastify would go on and bind by a second server what else `localhost` is, and a descriptor again: it looks
        // at this object, and has by the time that it says that it listens.
        given.host = typeof first === 'string' ? NO_ADDRESS : first.address
        server.once('listening', () => { setImmediate(() => { given.host = 'localhost' }) })
        for (const other of names.slice(1) as SocketName[]) addBinding(fastify, other)
      }
      const handle = new SharedHandle(first, () => { share.detach() })
      server.once('listening', () => { share.listening(handle) })
      listenOn(server, handle, first)
    }
  }
}

/** As net.Server says it. */
function listensAlready (): Error {
  return Object.assign(new Error('Listen method has been called more than once without closing.'), { code: 'ERR_SERVER_ALREADY_LISTEN' })
}

/** The forms of server.listen(), as net.Server takes them. */
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
