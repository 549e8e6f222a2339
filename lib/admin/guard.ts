import { createHash, timingSafeEqual } from 'node:crypto'
import { isIP } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestAsyncHookHandler } from 'fastify'

/**
 * Keeps pages elsewhere from using a browser that can reach the admin server. By its Host header a
 * request tells which name the browser looked up: one that is not ours has been bent to our address
 * (DNS rebinding). By Origin, and Sec-Fetch-Site, it tells whose page it is that asks.
 */
export function guardAgainstPages (fastify: FastifyInstance, hosts: readonly string[]): void {
  const names = new Set(['localhost', ...hosts].map(host => host.toLowerCase()))
  fastify.addHook('onRequest', async (request, reply) => {
    const host = hostOf(request.headers.host)
    // No browser leaves it out; health checks by HTTP/1.0 do.
    if (request.headers.host !== undefined && (host === undefined || !(isIP(host) !== 0 || names.has(host) || host.endsWith('.localhost')))) {
      return await refuse(reply, 421, `this server is not asked for by the name '${request.headers.host}': it takes an address, or ${[...names].join(', ')}`)
    }
    if (isForeign(request) && !isVisit(request)) {
      return await refuse(reply, 403, 'pages of another origin may not use this server')
    }
  })
}

/** Lets only those pass who say the token. Without one, nobody. */
export function requireToken (token: string | undefined): onRequestAsyncHookHandler {
  return async ({ headers }, reply) => {
    if (token === undefined) return await refuse(reply, 403, 'there is no token: set one to steer by the admin server, or use the control socket')
    const [, given] = /^Bearer +(.+)$/i.exec(headers.authorization ?? '') ?? []
    if (given !== undefined && isSame(given, token)) return
    return await refuse(reply.header('www-authenticate', 'Bearer'), 401, 'say the token: Authorization: Bearer <token>')
  }
}

/** In the same time for all, whatever the length: digests have one. */
function isSame (given: string, token: string): boolean {
  return timingSafeEqual(digest(given), digest(token))
}

function digest (text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** Without its port, and the brackets of IPv6. */
function hostOf (header: string | undefined): string | undefined {
  const [, ipv6, name] = /^(?:\[([^\]]+)\]|([^:]+))(?::\d+)?$/.exec(header ?? '') ?? []
  return (ipv6 ?? name)?.toLowerCase()
}

/** Programs say neither. */
function isForeign ({ headers }: FastifyRequest): boolean {
  const { origin, host, 'sec-fetch-site': site } = headers
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true
  return origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host)
}

/** Whether somebody follows a link to here. */
function isVisit ({ method, headers }: FastifyRequest): boolean {
  return method === 'GET' && headers.origin === undefined && headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document'
}

async function refuse (reply: FastifyReply, statusCode: number, message: string): Promise<FastifyReply> {
  return await reply.code(statusCode).send({ statusCode, message })
}
