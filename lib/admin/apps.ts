import { createServer, type RequestListener, type Server } from 'node:http'
import { fastify, type FastifyInstance } from 'fastify'
import type { AdminTarget } from '../options.js'
import { addCommanding } from './command.js'
import { guardAgainstPages, requireToken } from './guard.js'
import { addLooking, type LookParts } from './look.js'
import { addPage } from './page.js'
import { addSteering } from './steer.js'

/** Connections to the admin server at a time: their descriptors are the primary's, and the app's clients need those. */
const MOST_CONNECTIONS = 128

export type Parts = Omit<LookParts, 'steerable'>

/** What the control socket serves: who may open it may do everything. */
export async function controlApp (parts: Parts, createdServer: (server: Server) => void): Promise<FastifyInstance> {
  const app = fastify({
    serverFactory: (handler: RequestListener) => {
      const server = createServer(handler)
      createdServer(server)
      return server
    }
  })
  addLooking(app, { ...parts, steerable: true })
  addSteering(app, parts.primary)
  addCommanding(app, parts.primary)
  await app.ready()
  return app
}

/** What the admin server serves: all may look, and who says the token may steer. */
export function adminApp (parts: Parts, { host, hosts, token }: AdminTarget): FastifyInstance {
  const app = fastify({ forceCloseConnections: true })
  app.server.maxConnections = MOST_CONNECTIONS
  guardAgainstPages(app, [host, ...hosts])
  addLooking(app, { ...parts, steerable: token !== undefined })
  addPage(app)
  app.register(async steering => {
    steering.addHook('onRequest', requireToken(token))
    addSteering(steering, parts.primary)
  })
  return app
}
