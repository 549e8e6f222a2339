import type { Server } from 'node:http'
import { fastify, type FastifyHttpOptions, type FastifyInstance } from 'fastify'
import type { AdminTarget } from '../options/options.js'
import { addCommanding } from './command.js'
import { guardAgainstPages, requireToken } from './guard.js'
import { addLooking, type LookParts } from './look.js'
import { addPage } from './page.js'
import type { Room } from './room.js'
import { addSteering } from './steer.js'

/** The largest request body in bytes. Valid requests are far smaller. */
const LONGEST_BODY = 4_096

export type Parts = Omit<LookParts, 'steerable'>

/**
 * The app of the control socket. Whoever may connect to it may do everything. Its server does not listen
 * itself: connections are passed to it.
 */
export async function controlApp (parts: Parts, room: Room): Promise<FastifyInstance> {
  const app = fastify(optionsFor(room))
  addLooking(app, { ...parts, steerable: true })
  addSteering(app, parts.primary)
  addCommanding(app, parts.primary)
  await app.ready()
  return app
}

/** The app of the admin server. All clients may read; changes need the token. */
export function adminApp (parts: Parts, { host, hosts, token }: AdminTarget, room: Room): FastifyInstance {
  const app = fastify({ ...optionsFor(room), forceCloseConnections: true })
  app.server.on('error', err => { if (app.server.listening) parts.primary.log.warn({ event: 'admin-error', err }, 'the admin server could not accept a connection') })
  guardAgainstPages(app, [host, ...hosts])
  addLooking(app, { ...parts, steerable: token !== undefined })
  addPage(app)
  app.register(async steering => {
    steering.addHook('onRequest', requireToken(token))
    addSteering(steering, parts.primary)
  })
  return app
}

function optionsFor (room: Room): FastifyHttpOptions<Server> {
  return { bodyLimit: LONGEST_BODY, serverFactory: handler => room.createServer(handler) }
}
